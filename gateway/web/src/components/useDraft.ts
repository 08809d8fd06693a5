import { type Dispatch, type SetStateAction, useState } from 'react';

/** A text being edited; it follows the settled one whenever that changes, as by Back. */
export function useDraft(settled: string): [string, Dispatch<SetStateAction<string>>] {
  const [draft, setDraft] = useState(settled);
  const [followed, setFollowed] = useState(settled);
  if (followed !== settled) {
    setFollowed(settled);
    setDraft(settled);
  }
  return [draft, setDraft];
}
