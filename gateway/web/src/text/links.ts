import type { Picture, PictureFormat } from '@/api/models';
import { THUMBNAIL_SIZE } from '@/api/rules';

/** The address of a picture's thumbnail whose longer side has `size` pixels. */
export function thumbnail(picture: Pick<Picture, 'thumbnail_url'>, size: number): string {
  const sign = picture.thumbnail_url.includes('?') ? '&' : '?';
  return `${picture.thumbnail_url}${sign}size=${size}`;
}

const SHOWN_BY_BROWSERS: readonly string[] = [
  'jpeg',
  'png',
  'webp',
  'gif',
  'bmp',
  'avif',
] satisfies PictureFormat['name'][];

/** The full picture where a browser can show its format, else the largest thumbnail. */
export function fullPicture(picture: Pick<Picture, 'format' | 'content_url' | 'thumbnail_url'>): string {
  return SHOWN_BY_BROWSERS.includes(picture.format)
    ? picture.content_url
    : thumbnail(picture, THUMBNAIL_SIZE.maximum);
}
