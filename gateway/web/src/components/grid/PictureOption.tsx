import { IconCheck, IconMinus, IconPlus } from '@tabler/icons-react';
import { memo } from 'react';

import type { Measures, Picture, Side } from '@/api/models';
import { Thumbnail } from '@/components/Thumbnail';
import { fileName } from '@/state/reference';
import { likenessNumbers, likenessText } from '@/text/likeness';

import classes from './PictureGrid.module.css';
import type { Cell } from './rows';

interface PictureOptionProps {
  cell: Cell<Picture & Partial<Measures>>;
  selected: boolean;
  /** The side on which it is an example. */
  side: Side | null;
  tabStop: boolean;
  total: number | undefined;
}

const SIDE_TEXTS = { like: 'more like this', unlike: 'less like this' };

/** One picture of the grid; the list around it hears its clicks and keys. */
export const PictureOption = memo(function PictureOption({
  cell,
  selected,
  side,
  tabStop,
  total,
}: PictureOptionProps) {
  const { picture, index, left, width } = cell;
  const measures = measuresOf(picture);
  const tags = picture.tags.length > 0 ? `tagged ${picture.tags.join(', ')}` : '';
  const name = measures
    ? [`${index + 1}. ${fileName(picture.uri)}`, likenessText(measures)]
    : [fileName(picture.uri), tags];
  if (side) name.push(SIDE_TEXTS[side]);
  return (
    <div
      className={classes.option}
      role="option"
      tabIndex={tabStop ? 0 : -1}
      aria-selected={selected}
      aria-label={name.filter(Boolean).join(', ')}
      aria-posinset={index + 1}
      aria-setsize={total ?? -1}
      data-index={index}
      title={measures ? likenessNumbers(measures) : undefined}
      style={{ left, width }}
    >
      <Thumbnail picture={picture} alt="" />
      <span className={classes.check} data-check>
        <IconCheck size={16} stroke={2.5} aria-hidden />
      </span>
      <span className={classes.examples}>
        <span className={classes.example} data-side="like" data-on={side === 'like'} title="More like this">
          <IconPlus size={16} stroke={2.5} aria-hidden />
        </span>
        <span
          className={classes.example}
          data-side="unlike"
          data-on={side === 'unlike'}
          title="Less like this"
        >
          <IconMinus size={16} stroke={2.5} aria-hidden />
        </span>
      </span>
      {measures && <Mark measures={measures} />}
    </div>
  );
});

/** How alike a hit is: in a word, in numbers for who looks closer, and as a pencil stroke below. */
function Mark({ measures }: { measures: Measures }) {
  return (
    <>
      <span
        className={`${classes.figure ?? ''} numbers`}
        data-numbers={likenessNumbers(measures)}
        aria-hidden
      >
        {likenessText(measures)}
      </span>
      <span
        className={classes.stroke}
        style={{ width: `${Math.max(0, measures.score) * 100}%` }}
        aria-hidden
      />
    </>
  );
}

function measuresOf({ score, distance, match }: Partial<Measures>): Measures | null {
  return score === undefined || distance === undefined ? null : { score, distance, match: match ?? null };
}
