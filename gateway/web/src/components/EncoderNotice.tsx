import { useQuery } from '@tanstack/react-query';

import type { Collection } from '@/api/models';
import { systemQuery } from '@/api/system';
import { Notice } from './Notice';

/** Says so when the collection's vectors come from another encoder than the one that runs. */
export function EncoderNotice({ collection }: { collection: Collection | undefined }) {
  const { data: system } = useQuery(systemQuery);
  if (!collection || !system?.weights || collection.descriptor.weights === system.weights) return null;
  return (
    <Notice tone="warning" title="This collection belongs to another encoder">
      Its vectors were made with {collection.descriptor.weights}, the encoder runs with {system.weights}; they
      cannot be compared. “Find similar” still works inside the collection. To search with a new picture,
      choose or create another collection, or start the encoder with the weights this one was made with.
    </Notice>
  );
}
