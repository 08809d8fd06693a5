import { IconPhotoOff } from '@tabler/icons-react';
import { useState } from 'react';

import type { Picture } from '@/api/models';
import { thumbnail } from '@/text/links';

import classes from './Thumbnail.module.css';

interface ThumbnailProps {
  picture: Pick<Picture, 'thumbnail_url' | 'width' | 'height'>;
  alt: string;
  /** `whole` takes the picture's own shape, `filled` that of the box it stands in. */
  shape?: 'whole' | 'filled';
}

/** One size for all grids, so that the browser and the gateway keep each picture once. */
const SIZE = 480;

/** A picture made small; a sign stands in for one whose file is gone. */
export function Thumbnail({ picture, alt, shape = 'filled' }: ThumbnailProps) {
  const style =
    shape === 'whole' ? { aspectRatio: `${picture.width} / ${picture.height}`, height: 'auto' } : undefined;
  const [failed, setFailed] = useState(false);
  if (failed) {
    return (
      <span
        className={classes.missing}
        style={style}
        role="img"
        aria-label={`${alt} (its file cannot be read)`}
      >
        <IconPhotoOff size={28} stroke={1.2} aria-hidden />
      </span>
    );
  }
  return (
    <img
      className={classes.picture}
      style={style}
      src={thumbnail(picture, SIZE)}
      width={picture.width}
      height={picture.height}
      alt={alt}
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => {
        setFailed(true);
      }}
    />
  );
}
