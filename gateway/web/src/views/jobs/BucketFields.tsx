import { IconCloud } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { systemQuery } from '@/api/system';
import { PathField } from '@/components/PathField';
import type { Drafts } from '@/state/sources';

import type { FieldsProps } from './kinds';
import { NarrowingFields } from './NarrowingFields';

type Props = FieldsProps<Drafts['bucket']>;

/** The bucket or prefix to load, completed step by step from the roots down. */
export function BucketFields({ draft, faults, onChange }: Props) {
  const { data: system } = useQuery(systemQuery);
  const roots = system?.bucket_roots ?? [];
  return (
    <PathField
      label="Bucket"
      description="s3://, gs:// or az://, the bucket, and a prefix that is read as a folder."
      placeholder={roots[0] ?? 's3://photos/2024'}
      roots={roots}
      icon={IconCloud}
      value={draft.url}
      fault={faults.url}
      onChange={(url) => {
        onChange({ url });
      }}
    />
  );
}

export function BucketOptions(props: Props) {
  return <NarrowingFields {...props} />;
}
