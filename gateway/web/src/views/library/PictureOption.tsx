import { IconCheck } from '@tabler/icons-react';
import { memo } from 'react';

import type { Image } from '@/api/models';
import { Thumbnail } from '@/components/Thumbnail';
import { fileName } from '@/state/reference';

import classes from './PictureGrid.module.css';
import type { Cell } from './rows';

interface PictureOptionProps {
  cell: Cell<Image>;
  selected: boolean;
  tabStop: boolean;
  total: number | undefined;
}

/** One picture of the grid; the list around it hears its clicks and keys. */
export const PictureOption = memo(function PictureOption({
  cell,
  selected,
  tabStop,
  total,
}: PictureOptionProps) {
  const { picture, index, left, width } = cell;
  const tags = picture.tags.length > 0 ? `, tagged ${picture.tags.join(', ')}` : '';
  return (
    <div
      className={classes.option}
      role="option"
      tabIndex={tabStop ? 0 : -1}
      aria-selected={selected}
      aria-label={`${fileName(picture.uri)}${tags}`}
      aria-posinset={index + 1}
      aria-setsize={total ?? -1}
      data-index={index}
      style={{ left, width }}
    >
      <Thumbnail picture={picture} alt="" />
      <span className={classes.check} data-check>
        <IconCheck size={16} stroke={2.5} aria-hidden />
      </span>
    </div>
  );
});
