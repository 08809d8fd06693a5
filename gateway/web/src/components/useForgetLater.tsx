import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';

import { refresh } from '@/api/images';
import type { Picture } from '@/api/models';
import { ApiProblem } from '@/api/problem';
import { explainShortly } from '@/api/remedies';
import { forgetting } from '@/state/forgetting';
import { formatNumberOf } from '@/text/quantities';

/** Forgets pictures of a collection after a while, in which that can be undone. */
export function useForgetLater(collection: string): (pictures: readonly Pick<Picture, 'id'>[]) => void {
  const client = useQueryClient();
  return (pictures) => {
    const count = formatNumberOf(pictures.length, 'picture');
    const key = forgetting.add({
      collection,
      images: pictures.map(({ id }) => id),
      onDone: () => {
        notifications.hide(notice);
        // The images themselves are not asked for again: they are gone.
        return refresh(client, collection, ['images', 'search', 'facets']);
      },
      onFailed: (problem) => {
        notifications.hide(notice);
        if (problem instanceof ApiProblem && problem.code === 'collection_not_found') return;
        notifications.show({ message: `${count} not forgotten. ${explainShortly(problem)}`, color: 'red' });
      },
    });
    const notice = `forgotten-${key}`;
    notifications.show({
      id: notice,
      autoClose: false,
      withCloseButton: false,
      message: (
        <Group
          justify="space-between"
          onMouseEnter={() => {
            forgetting.pause(key);
          }}
          onMouseLeave={() => {
            forgetting.resume(key);
          }}
          onFocus={() => {
            forgetting.pause(key);
          }}
          onBlur={() => {
            forgetting.resume(key);
          }}
        >
          <span>{count} forgotten.</span>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              forgetting.undo(key);
              notifications.hide(notice);
            }}
          >
            Undo
          </Button>
        </Group>
      ),
    });
  };
}
