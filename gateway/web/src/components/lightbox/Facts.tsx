import { ActionIcon, Button, Text, Title, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy, IconDownload, IconPhotoSearch, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode, useState } from 'react';

import { imageQuery, useTag } from '@/api/images';
import type { Measures, Picture } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { fileName, readableUri } from '@/state/reference';
import { likeness } from '@/text/likeness';
import { formatBytes, formatMeasure, formatPlace, formatUtc, formatWhen } from '@/text/quantities';

import { TagField } from '../facets/TagField';
import { ForgetDialog } from '../ForgetDialog';
import { useForgetLater } from '../useForgetLater';
import classes from './Facts.module.css';

interface FactsProps {
  collection: string;
  picture: Picture;
  measures: Measures | undefined;
  /** Where it stands among the others, “3 of 24”. */
  place: string;
  /** What else can be done with the picture: more buttons. */
  marks?: ReactNode;
  onSimilar: (id: string) => void;
  onForgotten: () => void;
}

export function Facts({ collection, picture, measures, place, marks, onSimilar, onForgotten }: FactsProps) {
  const { data: image } = useQuery(imageQuery(collection, picture.id));
  const [asking, setAsking] = useState(false);
  const forget = useForgetLater(collection);
  const name = fileName(picture.uri);
  const word = measures && likeness(measures);
  const metadata = Object.entries(image?.metadata ?? picture.metadata);
  return (
    <div className={classes.facts}>
      <div className={classes.head}>
        <Text size="sm" c="dimmed" className="numbers">
          {place}
        </Text>
        <Title order={2} className={classes.name}>
          {name}
        </Title>
      </div>
      <div className={classes.actions}>
        <Button
          leftSection={<IconPhotoSearch size={18} aria-hidden />}
          onClick={() => {
            onSimilar(picture.id);
          }}
        >
          Find similar
        </Button>
        {marks}
        <Button
          component="a"
          href={picture.content_url}
          download={name}
          variant="default"
          leftSection={<IconDownload size={18} aria-hidden />}
        >
          Download
        </Button>
        <Button
          variant="default"
          c="var(--danger)"
          leftSection={<IconTrash size={18} aria-hidden />}
          onClick={() => {
            setAsking(true);
          }}
        >
          Forget
        </Button>
      </div>
      <dl className={classes.list}>
        {measures?.match != null && (
          <Fact name="Match">
            {formatMeasure(measures.match)}
            {word && ` (${word})`}
          </Fact>
        )}
        {measures && <Fact name="Score">{formatMeasure(measures.score)}</Fact>}
        {measures && <Fact name="Distance">{formatMeasure(measures.distance)}</Fact>}
        {measures?.region && <Fact name="Found by">a part, which is outlined</Fact>}
        <Fact name="Size">
          {picture.width} × {picture.height} pixels
        </Fact>
        <Fact name="File">
          {picture.format.toUpperCase()}, {formatBytes(picture.bytes)}
        </Fact>
        {image?.taken_at && <Fact name="Taken">{formatUtc(image.taken_at)}</Fact>}
        {image?.camera && <Fact name="Camera">{image.camera}</Fact>}
        {image?.lens && <Fact name="Lens">{image.lens}</Fact>}
        {image?.gps && <Fact name="Place">{formatPlace(image.gps)}</Fact>}
        {image && <Fact name="Added">{formatWhen(image.added_at)}</Fact>}
        <Fact name="URI" wide>
          <span className={classes.uri}>{breakable(readableUri(picture.uri))}</span>
          <CopyButton label="Copy the URI" text={picture.uri} />
        </Fact>
        <Fact name="ID" wide>
          <span className={classes.uri}>{picture.id}</span>
          <CopyButton label="Copy the ID" text={picture.id} />
        </Fact>
      </dl>
      <Tags collection={collection} picture={image ?? picture} />
      {metadata.length > 0 && (
        <div>
          <Title order={3}>Metadata</Title>
          <dl className={classes.list}>
            {metadata.map(([key, value]) => (
              <Fact key={key} name={key}>
                {typeof value === 'string' ? value : JSON.stringify(value)}
              </Fact>
            ))}
          </dl>
        </div>
      )}
      <ForgetDialog
        opened={asking}
        pictures={[picture]}
        onClose={() => {
          setAsking(false);
        }}
        onConfirm={() => {
          setAsking(false);
          onForgotten();
          forget([picture]);
        }}
      />
    </div>
  );
}

function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={classes.fact} data-wide={wide}>
      <dt>{name}</dt>
      <dd className="numbers">{children}</dd>
    </div>
  );
}

/** A path that rather breaks after a folder than inside a name. */
function breakable(path: string): ReactNode {
  return path.split(/(?<=\/)/).map((part, index) => (
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}

function CopyButton({ label, text }: { label: string; text: string }) {
  const clipboard = useClipboard();
  const done = clipboard.copied ? 'Copied' : label;
  // The clipboard can be written on https and localhost only.
  if (!window.isSecureContext) return null;
  return (
    <Tooltip label={done}>
      <ActionIcon
        variant="subtle"
        size="sm"
        aria-label={label}
        onClick={() => {
          clipboard.copy(text);
        }}
      >
        {clipboard.copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Tags({ collection, picture }: { collection: string; picture: Picture }) {
  const tag = useTag(collection);
  const [tags, setTags] = useState<string[] | null>(null);
  return (
    <TagField
      collection={collection}
      label="Tags"
      placeholder="Add a tag"
      value={tags ?? picture.tags}
      error={tag.error && explainShortly(tag.error)}
      onChange={(next) => {
        setTags(next);
        const remove = picture.tags.filter((one) => !next.includes(one));
        const add = next.filter((one) => !picture.tags.includes(one));
        tag.mutate({ images: [picture], add, remove });
      }}
    />
  );
}
