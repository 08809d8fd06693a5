import { Button } from '@mantine/core';
import { IconColumns2, IconMinus, IconPlus } from '@tabler/icons-react';

import type { Side } from '@/api/models';

interface MarksProps {
  /** The side on which the picture is an example. */
  side: Side | null;
  onExample: (side: Side) => void;
  comparing: boolean;
  /** Undefined where there is no picture to compare with. */
  onCompare: (() => void) | undefined;
}

/** Makes the picture an example, or shows it beside the picture searched with. */
export function Marks({ side, onExample, comparing, onCompare }: MarksProps) {
  return (
    <>
      <Button
        variant={side === 'like' ? 'filled' : 'default'}
        aria-pressed={side === 'like'}
        leftSection={<IconPlus size={18} aria-hidden />}
        onClick={() => {
          onExample('like');
        }}
      >
        More like this
      </Button>
      <Button
        variant={side === 'unlike' ? 'filled' : 'default'}
        aria-pressed={side === 'unlike'}
        leftSection={<IconMinus size={18} aria-hidden />}
        onClick={() => {
          onExample('unlike');
        }}
      >
        Less like this
      </Button>
      {onCompare && (
        <Button
          variant={comparing ? 'filled' : 'default'}
          aria-pressed={comparing}
          aria-keyshortcuts="C"
          title="Key C"
          leftSection={<IconColumns2 size={18} aria-hidden />}
          onClick={onCompare}
        >
          Compare
        </Button>
      )}
    </>
  );
}
