import { Button } from '@mantine/core';
import { IconArrowsSplit, IconTrash } from '@tabler/icons-react';
import { memo, useId, useState } from 'react';

import type { DuplicateGroup, Grade, Image } from '@/api/models';
import { Thumbnail } from '@/components/Thumbnail';
import { fileName, readableUri } from '@/state/reference';
import { formatBytes, formatCount, formatNumberOf, formatWhen } from '@/text/quantities';

import classes from './GroupCard.module.css';

interface GroupCardProps {
  group: DuplicateGroup;
  place: number;
  total: number;
  /** Images of it that are being forgotten, and cannot be kept. */
  hidden: ReadonlySet<string>;
  /** To the group so many places further on. */
  onMove: (step: number) => void;
  onForget: (keep: string) => void;
  onDismiss: () => void;
  /** The id of the element that says which keys do what. */
  keysAre: string;
}

const NAMES: Record<Grade, string> = {
  identical: 'equal files',
  copy: 'copies',
  similar: 'similar pictures',
};

const DECIDING = ['f', 'n'];

/** The pictures of one group side by side, one of them chosen to be kept. */
export const GroupCard = memo(function GroupCard(props: GroupCardProps) {
  const { group, place, total, hidden, onMove, onForget, onDismiss, keysAre } = props;
  const name = useId();
  const [chosen, setChosen] = useState(group.suggested_keep);
  const images = group.images.filter(({ id }) => !hidden.has(id));
  // The chosen one, and the suggested one, may have been forgotten elsewhere since.
  const keep = [chosen, group.suggested_keep, images[0]?.id].find((id) =>
    images.some((image) => image.id === id),
  );
  const size = group.size - (group.images.length - images.length);
  const title = `${formatCount(size)} ${NAMES[group.grade]}`;
  const more = size - images.length;
  const forget = () => {
    if (keep !== undefined) onForget(keep);
  };
  const keys: Record<string, () => void> = {
    j: () => {
      onMove(1);
    },
    k: () => {
      onMove(-1);
    },
    f: forget,
    n: onDismiss,
  };
  return (
    <section
      className={classes.card}
      aria-label={`Group ${formatCount(place)} of ${formatCount(total)}: ${title}`}
      data-group
    >
      <div className={classes.head}>
        <p className={`${classes.title} numbers`}>
          {title}
          {group.grade !== 'identical' && (
            <span className={classes.match}> match {group.match.toFixed(2)}</span>
          )}
        </p>
        <div className={classes.actions}>
          <Button
            variant="default"
            size="sm"
            leftSection={<IconArrowsSplit size={16} aria-hidden />}
            onClick={onDismiss}
          >
            Not duplicates
          </Button>
          <Button
            variant="default"
            size="sm"
            c="var(--danger)"
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={forget}
          >
            Keep one, forget {formatCount(size - 1)}…
          </Button>
        </div>
      </div>
      <div
        className={classes.pictures}
        role="radiogroup"
        tabIndex={-1}
        aria-label="Picture to keep"
        aria-describedby={keysAre}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const key = event.key.toLowerCase();
          const act = keys[key];
          if (!act) return;
          event.preventDefault();
          // A key that is held moves on, but decides nothing more.
          if (event.repeat && DECIDING.includes(key)) return;
          act();
        }}
      >
        {images.map((image) => (
          <Choice
            key={image.id}
            image={image}
            name={name}
            best={images[0]}
            checked={image.id === keep}
            suggested={image.id === group.suggested_keep}
            onChoose={() => {
              setChosen(image.id);
            }}
          />
        ))}
        {more > 0 && <p className={classes.hidden}>and {formatNumberOf(more, 'more picture')}</p>}
      </div>
    </section>
  );
});

interface ChoiceProps {
  image: Image;
  name: string;
  best: Image | undefined;
  checked: boolean;
  suggested: boolean;
  onChoose: () => void;
}

function Choice({ image, name, best, checked, suggested, onChoose }: ChoiceProps) {
  const uri = readableUri(image.uri);
  const file = fileName(image.uri);
  const facts = useId();
  const smaller = best !== undefined && image.width * image.height < best.width * best.height;
  return (
    <label className={classes.choice} data-checked={checked}>
      <span className={classes.frame}>
        <Thumbnail picture={image} alt="" />
      </span>
      <span className={classes.keep}>
        <input
          type="radio"
          name={name}
          value={image.id}
          checked={checked}
          aria-label={`Keep ${file}${suggested ? ', suggested' : ''}`}
          aria-describedby={facts}
          onChange={onChoose}
        />
        <span>
          Keep <span className={classes.file}>{file}</span>
        </span>
      </span>
      {suggested && <span className={classes.suggested}>suggested</span>}
      <span id={facts} className={`${classes.facts} numbers`}>
        <span title={uri}>{uri.slice(0, Math.max(0, uri.length - file.length - 1))}</span>{' '}
        <span data-smaller={smaller}>
          {formatCount(image.width)} × {formatCount(image.height)} · {formatBytes(image.bytes)}
        </span>{' '}
        <span>{formatWhen(image.modified_at)}</span>
      </span>
    </label>
  );
}
