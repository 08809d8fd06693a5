import type { Crop } from '@/api/models';

import classes from './RegionOutline.module.css';

interface RegionOutlineProps {
  region: Crop;
  /** Of the picture, in pixels. */
  width: number;
  height: number;
}

/** A frame around the part of a picture that was found, over a slide that shows it as a whole. */
export function RegionOutline({ region, width, height }: RegionOutlineProps) {
  return (
    <svg
      className={classes.outline}
      viewBox={`0 0 ${width} ${height}`}
      // The picture is never enlarged.
      style={{ maxWidth: width, maxHeight: height }}
      role="img"
      aria-label="The part that was found"
    >
      {['under', 'over'].map((layer) => (
        <rect
          key={layer}
          className={classes[layer]}
          x={region.x * width}
          y={region.y * height}
          width={region.width * width}
          height={region.height * height}
        />
      ))}
    </svg>
  );
}
