import type { Picture } from '@/api/models';

/** The address of a picture's thumbnail whose longer side has `size` pixels. */
export function thumbnail(picture: Pick<Picture, 'thumbnail_url'>, size: number): string {
  const sign = picture.thumbnail_url.includes('?') ? '&' : '?';
  return `${picture.thumbnail_url}${sign}size=${size}`;
}

const SHOWN_BY_BROWSERS = new Set(['jpeg', 'png', 'webp', 'gif', 'bmp', 'avif']);

/** The full picture where a browser can show its format, else the largest thumbnail. */
export function fullPicture(picture: Pick<Picture, 'format' | 'content_url' | 'thumbnail_url'>): string {
  return SHOWN_BY_BROWSERS.has(picture.format) ? picture.content_url : thumbnail(picture, LARGEST_THUMBNAIL);
}

const LARGEST_THUMBNAIL = 1024;
