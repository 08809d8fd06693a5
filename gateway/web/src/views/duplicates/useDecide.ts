import { useQueryClient } from '@tanstack/react-query';

import { dismissGroup, resolveGroup, takeOut } from '@/api/duplicates';
import { refresh } from '@/api/images';
import type { DuplicateGroup, Image } from '@/api/models';
import { sayFailed } from '@/components/useForgetLater';
import { decisions } from '@/state/decisions';
import { formatNumberOf } from '@/text/quantities';

/** Decides groups of duplicates after a while, in which that can be undone. */
export function useDecide(collection: string) {
  const client = useQueryClient();
  return {
    /** Says that a group's images are no duplicates of each other. */
    dismiss: (group: DuplicateGroup): void => {
      decisions.add({
        collection,
        hides: { images: [], groups: [group.id] },
        forgets: 0,
        send: () => dismissGroup(collection, group.id),
        onDone: () => takeOut(client, collection, group),
        onFailed: (problem) => {
          sayFailed('A group was not dismissed.', problem);
          return refresh(client, collection, ['duplicates']);
        },
      });
    },
    /** Forgets the images of a group but for one; `others` are those of them that are known. */
    resolve: (group: DuplicateGroup, keep: string, others: readonly Image[]): void => {
      const forgets = others.length + group.size - group.images.length;
      decisions.add({
        collection,
        hides: { images: others.map(({ id }) => id), groups: [group.id] },
        keeps: keep,
        forgets,
        send: () => resolveGroup(collection, group.id, keep),
        onDone: async () => {
          await takeOut(client, collection, group);
          await refresh(client, collection, ['images', 'search', 'facets']);
        },
        onFailed: (problem) => {
          sayFailed(`${formatNumberOf(forgets, 'picture')} not forgotten.`, problem);
          return refresh(client, collection, ['images', 'search', 'facets', 'duplicates']);
        },
      });
    },
  };
}
