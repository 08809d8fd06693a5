import { Notice } from '@/components/Notice';

/** Said before anything is sent: a request of that size would be refused after a long upload. */
export function TooLarge() {
  return (
    <Notice tone="danger" title="This file is too large to search with" announce>
      Make the picture smaller, or raise LOOKALIKE_MAX_UPLOAD_MB.
    </Notice>
  );
}
