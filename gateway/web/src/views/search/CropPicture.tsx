import 'react-image-crop/dist/ReactCrop.css';

import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import ReactCrop, { type PercentCrop } from 'react-image-crop';

import type { Crop } from '@/api/models';

import classes from './CropPicture.module.css';

interface CropPictureProps {
  src: string;
  name: string;
  crop: Crop | undefined;
  onCrop: (crop: Crop | undefined) => void;
  onBroken: () => void;
}

const FOLLOW_MS = 300;
/** A box of less is a slip of the hand. */
const LEAST_PERCENT = 3;

const LABELS = {
  cropArea: 'The part to search by. Arrow keys move it, Delete removes it.',
  nwDragHandle: 'Upper left corner of the part. Arrow keys resize it.',
  nDragHandle: 'Upper edge of the part. Arrow keys resize it.',
  neDragHandle: 'Upper right corner of the part. Arrow keys resize it.',
  eDragHandle: 'Right edge of the part. Arrow keys resize it.',
  seDragHandle: 'Lower right corner of the part. Arrow keys resize it.',
  sDragHandle: 'Lower edge of the part. Arrow keys resize it.',
  swDragHandle: 'Lower left corner of the part. Arrow keys resize it.',
  wDragHandle: 'Left edge of the part. Arrow keys resize it.',
};

/** A picture with a box on it; the results follow while the box is moved. */
export default function CropPicture({ src, name, crop, onCrop, onBroken }: CropPictureProps) {
  const [drawn, setDrawn] = useState<PercentCrop | undefined>(undefined);
  const follow = useDebouncedCallback((box: PercentCrop) => {
    onCrop(fractions(box));
    setDrawn(undefined);
  }, FOLLOW_MS);
  const shown = drawn ?? (crop && percent(crop));
  return (
    <ReactCrop
      className={classes.crop ?? ''}
      {...(shown ? { crop: shown } : {})}
      ariaLabels={LABELS}
      onChange={(_, box) => {
        setDrawn(box);
        follow(box);
      }}
      onComplete={(_, box) => {
        follow(box);
      }}
    >
      <img
        className={classes.picture}
        src={src}
        alt={`Searched with: ${name}`}
        onError={onBroken}
        draggable={false}
      />
    </ReactCrop>
  );
}

function percent({ x, y, width, height }: Crop): PercentCrop {
  return { unit: '%', x: x * 100, y: y * 100, width: width * 100, height: height * 100 };
}

function fractions({ x, y, width, height }: PercentCrop): Crop | undefined {
  if (width < LEAST_PERCENT || height < LEAST_PERCENT) return undefined;
  return { x: x / 100, y: y / 100, width: width / 100, height: height / 100 };
}
