import { useCallback, useState } from 'react';

export interface Selection {
  ids: ReadonlySet<string>;
  toggle: (index: number) => void;
  /** Selects everything between the picture toggled last and this one. */
  extend: (index: number) => void;
  all: () => void;
  clear: () => void;
}

/** Which of the pictures are selected, by id, so that it holds while more are loaded. */
export function useSelection(pictures: readonly { id: string }[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [anchor, setAnchor] = useState(0);

  const toggle = useCallback(
    (index: number) => {
      const id = pictures[index]?.id;
      if (id === undefined) return;
      setAnchor(index);
      setIds((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      });
    },
    [pictures],
  );
  const extend = useCallback(
    (index: number) => {
      const range = pictures.slice(Math.min(anchor, index), Math.max(anchor, index) + 1);
      setIds((before) => new Set([...before, ...range.map(({ id }) => id)]));
    },
    [pictures, anchor],
  );
  const all = useCallback(() => {
    setIds(new Set(pictures.map(({ id }) => id)));
  }, [pictures]);
  const clear = useCallback(() => {
    setIds(new Set());
  }, []);
  return { ids, toggle, extend, all, clear };
}
