import 'yet-another-react-lightbox/styles.css';

import { ActionIcon, Modal } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useMemo, useRef, useState } from 'react';
import Carousel, { type ControllerRef } from 'yet-another-react-lightbox';
import Inline from 'yet-another-react-lightbox/plugins/inline';
import Zoom from 'yet-another-react-lightbox/plugins/zoom';

import type { Examples, Measures, Picture, Side } from '@/api/models';
import { sideOf } from '@/state/examples';
import { fileName } from '@/state/reference';
import { fullPicture } from '@/text/links';

import { Facts } from './Facts';
import classes from './Lightbox.module.css';
import { Marks } from './Marks';
import { QueryPane, type QueryPicture } from './QueryPane';
import { RegionOutline } from './RegionOutline';

interface LightboxProps {
  collection: string;
  pictures: readonly Picture[];
  /** The id of the picture shown. */
  open: string;
  measures?: ReadonlyMap<string, Measures>;
  /** What was searched with; the hit can be shown beside it. */
  query?: QueryPicture | undefined;
  examples: Examples;
  onExample: (id: string, side: Side) => void;
  onShow: (id: string) => void;
  onClose: () => void;
  onSimilar: (id: string) => void;
}

/** One picture in full, with its facts and what can be done with it; arrow keys show the next. */
export default function Lightbox({
  collection,
  pictures,
  open,
  measures,
  query,
  examples,
  onExample,
  onShow,
  onClose,
  onSimilar,
}: LightboxProps) {
  const [comparing, setComparing] = useState(false);
  const [zoomed, setZoomed] = useState(false);
  const controller = useRef<ControllerRef>(null);
  const index = pictures.findIndex(({ id }) => id === open);
  const picture = pictures[index];
  const slides = useMemo(
    () =>
      pictures.map((one) => ({
        id: one.id,
        src: fullPicture(one),
        alt: fileName(one.uri),
        width: one.width,
        height: one.height,
      })),
    [pictures],
  );
  const toggle = () => {
    setComparing(!comparing);
  };
  useWindowEvent('keydown', (event) => {
    steer(event, controller.current, { onClose, onCompare: query && toggle });
  });
  if (!picture) return null;

  const forgotten = () => {
    const next = pictures[index + 1] ?? pictures[index - 1];
    if (next) onShow(next.id);
    else onClose();
  };
  return (
    <Modal.Root
      opened
      onClose={onClose}
      fullScreen
      // Mantine would close it together with a question that stands over it.
      closeOnEscape={false}
      lockScroll={false}
      transitionProps={{ transition: 'fade', duration: 120 }}
    >
      <Modal.Content aria-label={fileName(picture.uri)} classNames={{ content: classes.content ?? '' }}>
        <div className={classes.stage} data-comparing={query !== undefined && comparing}>
          {query && comparing && <QueryPane {...query} />}
          <Carousel
            plugins={[Inline, Zoom]}
            inline={{ className: classes.carousel ?? '' }}
            slides={slides}
            index={index}
            carousel={{ finite: true, padding: 0, spacing: '20%', preload: 1 }}
            controller={{ ref: controller }}
            zoom={{ maxZoomPixelRatio: 4 }}
            labels={{
              Lightbox: 'Picture',
              'Photo gallery': 'Pictures',
              Previous: 'Previous picture',
              Next: 'Next picture',
            }}
            render={{
              slideContainer: ({ slide, children }) => {
                const { id, width, height } = slide as (typeof slides)[number];
                const region = measures?.get(id)?.region;
                return (
                  <>
                    {children}
                    {region && !zoomed && <RegionOutline region={region} width={width} height={height} />}
                  </>
                );
              },
            }}
            on={{
              zoom: ({ zoom }) => {
                setZoomed(zoom > 1);
              },
              view: ({ index: shown }) => {
                const id = pictures[shown]?.id;
                if (id !== undefined && id !== open) onShow(id);
              },
            }}
          />
        </div>
        <Facts
          key={picture.id}
          collection={collection}
          picture={picture}
          measures={measures?.get(picture.id)}
          place={`${index + 1} of ${pictures.length}`}
          marks={
            <Marks
              side={sideOf(examples, picture.id)}
              onExample={(side) => {
                onExample(picture.id, side);
              }}
              comparing={comparing}
              onCompare={query && toggle}
            />
          }
          onSimilar={onSimilar}
          onForgotten={forgotten}
        />
        <ActionIcon
          className={classes.close ?? ''}
          variant="default"
          size="lg"
          radius="xl"
          aria-label="Close"
          data-autofocus
          onClick={onClose}
        >
          <IconX size={20} />
        </ActionIcon>
      </Modal.Content>
    </Modal.Root>
  );
}

interface Steered {
  onClose: () => void;
  onCompare: (() => void) | undefined;
}

/** Arrow keys turn the pictures, C compares and Escape closes, wherever the focus is but in a field or a question. */
function steer(event: KeyboardEvent, carousel: ControllerRef | null, { onClose, onCompare }: Steered) {
  const target = event.target instanceof Element ? event.target : null;
  const dialog = target?.closest('[role="dialog"]');
  if (target?.closest('input, textarea') || (dialog && !dialog.querySelector('.yarl__root'))) return;
  if (event.key === 'Escape') onClose();
  if (event.key === 'c' && !event.ctrlKey && !event.metaKey && !event.altKey) onCompare?.();
  // The carousel hears the arrow keys of its own.
  if (!carousel || target?.closest('.yarl__root')) return;
  if (event.key === 'ArrowLeft') carousel.prev();
  if (event.key === 'ArrowRight') carousel.next();
}
