import { CloseButton } from '@mantine/core';
import { IconMinus, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { imageQuery } from '@/api/images';
import type { Examples, Side } from '@/api/models';
import { explain } from '@/api/remedies';
import { fileName } from '@/state/reference';

import classes from './ExampleChips.module.css';
import { Thumbnail } from './Thumbnail';

interface ExampleChipsProps {
  collection: string;
  examples: Examples;
  /** Called with the side that a picture is on, to take it off. */
  onRemove: (id: string, side: Side) => void;
}

const SIDES: readonly Side[] = ['like', 'unlike'];

/** The stored images that hits should be like, then those that they should not. */
export function ExampleChips({ collection, examples, onRemove }: ExampleChipsProps) {
  return (
    <ul className={classes.chips} aria-label="Examples">
      {SIDES.flatMap((side) =>
        examples[side].map((id) => (
          <Chip
            key={id}
            collection={collection}
            id={id}
            side={side}
            onRemove={() => {
              onRemove(id, side);
            }}
          />
        )),
      )}
    </ul>
  );
}

interface ChipProps {
  collection: string;
  id: string;
  side: Side;
  onRemove: () => void;
}

function Chip({ collection, id, side, onRemove }: ChipProps) {
  const { data: image, error } = useQuery(imageQuery(collection, id));
  const name = image ? fileName(image.uri) : `${id.slice(0, 8)}…`;
  return (
    <li className={classes.chip} data-side={side}>
      <span className={classes.sign}>
        {side === 'like' ? (
          <IconPlus size={14} stroke={2.5} aria-hidden />
        ) : (
          <IconMinus size={14} stroke={2.5} aria-hidden />
        )}
      </span>
      <span className="visually-hidden">{side === 'like' ? 'More like' : 'Less like'}</span>
      {image && (
        <span className={classes.picture}>
          <Thumbnail picture={image} alt="" />
        </span>
      )}
      <span className={classes.name} title={error ? explain(error).title : name}>
        {error ? explain(error).title : name}
      </span>
      <CloseButton size="sm" aria-label={`Remove the example ${name}`} onClick={onRemove} />
    </li>
  );
}
