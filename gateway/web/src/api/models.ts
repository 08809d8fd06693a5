import type { components } from './schema';

type Schemas = components['schemas'];

export type Collection = Schemas['Collection'];
export type CollectionInput = Schemas['CollectionInput'];
export type Key = Schemas['Key'];
export type KeyInput = Schemas['KeyInput'];
export type KeyAction = Key['actions'][number];
/** A key with what its holder sends, as it is told once. */
export type CreatedKey = Schemas['CreatedKey'];
export type LoadInput = Schemas['LoadInput'];
/** What a load reads, and the word that says of which kind it is. */
export type SourceInput = LoadInput['source'];
export type SourceKind = SourceInput['kind'];
export type Filter = Schemas['Filter'];
export type Failure = Schemas['Failure'];
export type Hit = Schemas['SearchHit'];
export type Image = Schemas['Image'];
export type Job = Schemas['Job'];
export type DuplicateGroup = Schemas['DuplicateGroup'];
export type DuplicateGroupList = Schemas['DuplicateGroupList'];
export type DuplicatesComputed = Schemas['DuplicatesComputed'];
export type Grade = DuplicateGroup['grade'];
export type StandingSource = Schemas['StandingSource'];
export type StandingSourceInput = Schemas['StandingSourceInput'];
export type SearchReply = Schemas['SearchReply'];
export type PictureFormat = Schemas['PictureFormat'];
export type Pooling = Schemas['Descriptor']['pooling'];
export type IndexType = Schemas['Index']['type'];
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

/** How alike a hit is to what was searched with, and which part of it, if not the whole. */
export type Measures = Pick<Hit, 'score' | 'distance' | 'match' | 'region'>;

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
  /** Further conditions, all of which hold. */
  where: readonly Rule[];
}

/** One condition as a person sets it: a field, what is asked of it, and a value as it was typed. */
export interface Rule {
  /** A field of the API's filters, `folder`, or `metadata.` and a name. */
  field: string;
  is: Comparison;
  value: string;
}

export type Comparison = 'is' | 'not' | 'least' | 'most';

/** Stored images that hits should be like, and unlike; beside what is searched with. */
export interface Examples {
  like: readonly string[];
  unlike: readonly string[];
}

export type Side = keyof Examples;

export type Strategy = NonNullable<Schemas['ImageQuery']['strategy']>;

/** An image filter, and the day (`YYYY-MM-DD`, of this browser's zone) at which a list begins. */
export interface LibraryFilter extends ImageFilter {
  day?: string | undefined;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
