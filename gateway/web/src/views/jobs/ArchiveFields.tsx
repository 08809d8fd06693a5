import { PathField } from '@/components/PathField';
import type { Drafts } from '@/state/sources';

import type { FieldsProps } from './kinds';

/** The archive to load, typed or completed. */
export function ArchiveFields({ draft, faults, roots, onChange }: FieldsProps<Drafts['archive']>) {
  return (
    <PathField
      label="Archive"
      placeholder={`${roots[0] ?? '/photos'}/2024.zip`}
      description="A .zip, .tar, .tar.gz, .tar.xz or .tar.zst."
      files="archives"
      value={draft.path}
      fault={faults.path}
      onChange={(path) => {
        onChange({ path });
      }}
    />
  );
}
