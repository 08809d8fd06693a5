import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';

import { forgetImages, NotForgotten, refresh } from '@/api/images';
import type { Picture } from '@/api/models';
import { ApiProblem } from '@/api/problem';
import { explainShortly } from '@/api/remedies';
import { decisions } from '@/state/decisions';
import { formatNumberOf } from '@/text/quantities';

/** Forgets pictures of a collection after a while, in which that can be undone. */
export function useForgetLater(collection: string): (pictures: readonly Pick<Picture, 'id'>[]) => void {
  const client = useQueryClient();
  return (pictures) => {
    const images = pictures.map(({ id }) => id);
    // The images themselves are not asked for again: they are gone.
    const readAgain = () => refresh(client, collection, ['images', 'search', 'facets', 'duplicates']);
    decisions.add({
      collection,
      hides: { images },
      forgets: images.length,
      send: (leaves) => forgetImages(collection, images, leaves),
      onDone: readAgain,
      onFailed: (problem) => {
        const { left, cause } =
          problem instanceof NotForgotten ? problem : { left: images.length, cause: problem };
        sayFailed(`${formatNumberOf(left, 'picture')} not forgotten.`, cause);
        return readAgain();
      },
    });
  };
}

/** Says that something decided earlier was not done; nothing where its collection is deleted. */
export function sayFailed(what: string, problem: unknown): void {
  if (problem instanceof ApiProblem && problem.code === 'collection_not_found') return;
  notifications.show({ message: `${what} ${explainShortly(problem)}`, color: 'red' });
}
