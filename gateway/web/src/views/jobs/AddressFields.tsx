import { SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMemo } from 'react';

import { LISTED_ADDRESSES } from '@/api/rules';
import { PathField } from '@/components/PathField';
import { type Drafts, hasColumns, readAddresses } from '@/state/sources';
import { formatCount, formatNumberOf } from '@/text/quantities';

import type { FieldsProps } from './kinds';

type Props = FieldsProps<Drafts['urls']>;

const FROM = [
  { value: 'text' as const, label: 'Paste them' },
  { value: 'file' as const, label: 'A file that lists them' },
];

/** Addresses of pictures: as a text, or in a file under an image root. */
export function AddressFields({ draft, faults, roots, onChange }: Props) {
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label="Where the addresses are"
        data={FROM}
        value={draft.from}
        onChange={(from) => {
          onChange({ from });
        }}
      />
      {draft.from === 'text' && <AddressText draft={draft} fault={faults.urls} onChange={onChange} />}
      {draft.from === 'file' && (
        <PathField
          label="File of addresses"
          placeholder={`${roots[0] ?? '/photos'}/list.csv`}
          description="A text with one in each line, a CSV or TSV, or a Parquet file; millions if need be."
          files="lists"
          value={draft.path}
          fault={faults.path}
          onChange={(path) => {
            onChange({ path });
          }}
        />
      )}
      {draft.from === 'file' && hasColumns(draft.path) && (
        <TextInput
          label="Column"
          description="The one that holds the addresses."
          placeholder="url"
          required
          value={draft.column}
          error={faults.column}
          errorProps={{ role: 'alert' }}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            onChange({ column: event.currentTarget.value });
          }}
        />
      )}
    </>
  );
}

interface AddressTextProps extends Pick<Props, 'draft' | 'onChange'> {
  fault: string | undefined;
}

function AddressText({ draft, fault, onChange }: AddressTextProps) {
  const read = useMemo(() => readAddresses(draft.text), [draft.text]);
  const count = formatNumberOf(read.urls.length, 'address', 'addresses');
  const hint = `One in each line, up to ${formatCount(LISTED_ADDRESSES.maxItems)}.`;
  return (
    <Textarea
      label="Addresses"
      description={read.urls.length > 0 && !read.fault ? `${hint} There are ${count}.` : hint}
      placeholder="https://example.com/photo.jpg"
      rows={6}
      value={draft.text}
      error={fault ?? read.fault}
      errorProps={{ role: 'alert' }}
      spellCheck={false}
      onChange={(event) => {
        onChange({ text: event.currentTarget.value });
      }}
    />
  );
}
