import { useEffect } from 'react';

import { type NamedPicture, readReference } from '@/state/reference';

interface Pasted {
  onFiles: (files: readonly File[]) => void;
  onNamed: (picture: NamedPicture) => void;
}

/** Calls back with the pictures, or the address of one, that are pasted anywhere on the page. */
export function usePasted({ onFiles, onNamed }: Pasted): void {
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) {
        event.preventDefault();
        onFiles(files);
        return;
      }
      // A text that is pasted into a field is the field's.
      if (isField(event.target)) return;
      const text = event.clipboardData?.getData('text/plain') ?? '';
      const named = /^\s*https?:\/\//i.test(text) ? readReference(text) : null;
      if (named === null || 'uri' in named) return;
      event.preventDefault();
      onNamed(named);
    };
    document.addEventListener('paste', onPaste);
    return () => {
      document.removeEventListener('paste', onPaste);
    };
  }, [onFiles, onNamed]);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, [contenteditable]') !== null;
}
