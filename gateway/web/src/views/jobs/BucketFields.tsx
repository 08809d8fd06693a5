import { Autocomplete } from '@mantine/core';
import { IconCloud } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { systemQuery } from '@/api/system';
import type { Drafts } from '@/state/sources';

import type { FieldsProps } from './kinds';
import { NarrowingFields } from './NarrowingFields';

type Props = FieldsProps<Drafts['bucket']>;

/** The bucket or prefix to load, typed or chosen among the roots. */
export function BucketFields({ draft, faults, onChange }: Props) {
  const { data: system } = useQuery(systemQuery);
  const roots = system?.bucket_roots ?? [];
  return (
    <Autocomplete
      label="Bucket"
      description="s3://, gs:// or az://, the bucket, and a prefix that is read as a folder."
      placeholder={roots[0] ?? 's3://photos/2024'}
      data={[...roots]}
      value={draft.url}
      error={faults.url}
      errorProps={{ role: 'alert' }}
      autoComplete="off"
      spellCheck={false}
      leftSection={<IconCloud size={16} aria-hidden />}
      onChange={(url) => {
        onChange({ url });
      }}
    />
  );
}

export function BucketOptions(props: Props) {
  return <NarrowingFields {...props} />;
}
