import { Notifications } from '@mantine/notifications';
import { screen } from '@testing-library/react';

import type { DuplicateGroup } from '@/api/models';
import { UndoNotice } from '@/components/UndoNotice';
import { LiveJobsProvider } from '@/state/liveJobs';
import DuplicatesView from '@/views/duplicates/DuplicatesView';

import { gateway } from './gateway';
import { group, groupList, image } from './models';
import { show } from './render';

export const LIST = 'GET /api/v2/collections/shoes/duplicates';
export const FIRST = group({ id: '1'.repeat(32) });
export const SECOND = group({
  id: '2'.repeat(32),
  images: ['c', 'd', 'e'].map((letter) =>
    image({ id: letter.repeat(32), uri: `file:///photos/web/${letter}.jpg` }),
  ),
  size: 3,
  suggested_keep: 'c'.repeat(32),
});

/** Shows the groups of a collection, with the notice by which a decision is undone. */
export function openDuplicates(more = '', collection = 'shoes') {
  return show(
    <LiveJobsProvider>
      <Notifications />
      <UndoNotice />
      <DuplicatesView />
    </LiveJobsProvider>,
    { address: `/duplicates?collection=${collection}${more}` },
  );
}

export function answerGroups(...groups: DuplicateGroup[]): void {
  gateway.on(LIST, () => groupList({ items: groups, count: groups.length }));
}

/** The card of a group, once it is there. */
export function card(name: RegExp): Promise<HTMLElement> {
  return screen.findByRole('region', { name });
}
