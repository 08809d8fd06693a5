import type { ComponentType } from 'react';

import type { SourceKind } from '@/api/models';
import type { Drafts } from '@/state/sources';

import { AddressFields } from './AddressFields';
import { ArchiveFields } from './ArchiveFields';
import { BucketFields, BucketOptions } from './BucketFields';
import { FolderFields, FolderOptions } from './FolderFields';

export interface FieldsProps<Draft> {
  draft: Draft;
  /** What the gateway found wrong, by the field of the API. */
  faults: Readonly<Record<string, string>>;
  /** The image roots. */
  roots: readonly string[];
  onChange: (change: Partial<Draft>) => void;
}

interface Kind<Draft> {
  label: string;
  action: string;
  lead: string;
  /** What `sync` forgets, where there is such a thing. */
  sync: string | null;
  /** Whether it reads files under an image root. */
  inRoots: (draft: Draft) => boolean;
  Fields: ComponentType<FieldsProps<Draft>>;
  Options: ComponentType<FieldsProps<Draft>>;
}

/** The kinds of source that the API knows, each as a person chooses and fills it. */
export const KINDS: { readonly [Name in SourceKind]: Kind<Drafts[Name]> } = {
  directory: {
    label: 'Folder',
    action: 'Load folder',
    lead: 'Pictures are read where they are, not copied. Loading again skips what is unchanged.',
    sync: 'Forget pictures whose file is gone from the folder',
    inRoots: () => true,
    Fields: FolderFields,
    Options: FolderOptions,
  },
  archive: {
    label: 'Archive',
    action: 'Load archive',
    lead: 'Pictures are read inside the archive, which is not unpacked. Loading again skips what is unchanged.',
    sync: 'Forget pictures that are gone from the archive',
    inRoots: () => true,
    Fields: ArchiveFields,
    Options: () => null,
  },
  bucket: {
    label: 'Bucket',
    action: 'Load bucket',
    lead: 'Pictures are read where they are, not copied. The server’s settings hold the credentials.',
    sync: 'Forget pictures whose object is gone from the bucket',
    inRoots: () => false,
    Fields: BucketFields,
    Options: BucketOptions,
  },
  urls: {
    label: 'Addresses',
    action: 'Load addresses',
    lead: 'Pictures on the web are fetched by the server and kept like uploads. Loading again skips what is here.',
    sync: null,
    inRoots: ({ from }) => from === 'file',
    Fields: AddressFields,
    Options: () => null,
  },
};

export const KIND_NAMES = (Object.keys(KINDS) as SourceKind[]).map((value) => ({
  value,
  label: KINDS[value].label,
}));
