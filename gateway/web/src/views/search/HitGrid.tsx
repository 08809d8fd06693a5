import 'react-photo-album/rows.css';

import { useMemo } from 'react';
import { type Photo, RowsPhotoAlbum } from 'react-photo-album';

import type { Hit } from '@/api/models';
import { Thumbnail } from '@/components/Thumbnail';
import type { Measure } from '@/state/address';
import { fileName } from '@/state/reference';
import { thumbnail } from '@/text/links';
import { formatMeasure } from '@/text/quantities';

import classes from './HitGrid.module.css';

interface HitGridProps {
  hits: readonly Hit[];
  measure: Measure;
  onOpen: (id: string) => void;
}

interface HitPhoto extends Photo {
  hit: Hit;
}

const rowHeight = (width: number) => (width < 500 ? 150 : width < 1000 ? 200 : 240);

/** Hits as justified rows, best first, each with how alike it is. */
export function HitGrid({ hits, measure, onOpen }: HitGridProps) {
  const photos = useMemo(
    () =>
      hits.map((hit, index): HitPhoto => ({
        hit,
        key: hit.id,
        src: thumbnail(hit, 480),
        width: hit.width,
        height: hit.height,
        label: `${index + 1}. ${fileName(hit.uri)}, ${measure} ${formatMeasure(hit[measure])}`,
      })),
    [hits, measure],
  );
  return (
    <RowsPhotoAlbum
      photos={photos}
      spacing={6}
      targetRowHeight={rowHeight}
      rowConstraints={{ singleRowMaxHeight: 320 }}
      defaultContainerWidth={800}
      onClick={({ photo }) => {
        onOpen(photo.hit.id);
      }}
      componentsProps={{ button: { className: classes.hit } }}
      render={{
        image: (_, { photo }) => <Thumbnail picture={photo.hit} alt="" shape="whole" />,
        extras: (_, { photo }) => <Mark hit={photo.hit} measure={measure} />,
      }}
    />
  );
}

/** How alike a hit is: in figures, and as a pencil stroke along its lower edge. */
function Mark({ hit, measure }: { hit: Hit; measure: Measure }) {
  return (
    <>
      <span className={`${classes.figure} numbers`} aria-hidden>
        {formatMeasure(hit[measure])}
      </span>
      <span className={classes.stroke} style={{ width: `${Math.max(0, hit.score) * 100}%` }} aria-hidden />
    </>
  );
}
