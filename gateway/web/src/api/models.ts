import type { components } from './schema';

type Schemas = components['schemas'];

export type Collection = Schemas['Collection'];
export type CollectionInput = Schemas['CollectionInput'];
export type LoadInput = Schemas['LoadInput'];
export type Failure = Schemas['Failure'];
export type Hit = Schemas['SearchHit'];
export type Image = Schemas['Image'];
export type Job = Schemas['Job'];
export type DuplicateGroup = Schemas['DuplicateGroup'];
export type DuplicateGroupList = Schemas['DuplicateGroupList'];
export type DuplicatesComputed = Schemas['DuplicatesComputed'];
export type Grade = DuplicateGroup['grade'];
export type SearchReply = Schemas['SearchReply'];
export type PictureFormat = Schemas['PictureFormat'];
export type Pooling = Schemas['Descriptor']['pooling'];
export type System = Schemas['System'];
export type Upload = Schemas['Upload'];
export type UploadedFile = Schemas['UploadedFile'];

/** A picture as a grid shows it: a stored image, or a hit. */
export type Picture = Pick<
  Image,
  | 'id'
  | 'uri'
  | 'width'
  | 'height'
  | 'format'
  | 'bytes'
  | 'tags'
  | 'metadata'
  | 'content_url'
  | 'thumbnail_url'
>;

/** How alike a hit is to what was searched with. */
export type Measures = Pick<Hit, 'score' | 'distance'>;

/** A part of the upright picture, in fractions of its width and height. */
export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface ImageFilter {
  tag?: string | undefined;
  folder?: string | undefined;
}

/** An image filter, and the day (`YYYY-MM-DD`, of this browser's zone) at which a list begins. */
export interface LibraryFilter extends ImageFilter {
  day?: string | undefined;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
