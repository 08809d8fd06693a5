import 'yet-another-react-lightbox/styles.css';

import { ActionIcon, Modal } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useMemo, useRef } from 'react';
import Carousel, { type ControllerRef } from 'yet-another-react-lightbox';
import Inline from 'yet-another-react-lightbox/plugins/inline';
import Zoom from 'yet-another-react-lightbox/plugins/zoom';

import type { Measures, Picture } from '@/api/models';
import { fileName } from '@/state/reference';
import { fullPicture } from '@/text/links';

import { Facts } from './Facts';
import classes from './Lightbox.module.css';

interface LightboxProps {
  collection: string;
  pictures: readonly Picture[];
  /** The id of the picture shown. */
  open: string;
  measures?: ReadonlyMap<string, Measures>;
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
  onShow,
  onClose,
  onSimilar,
}: LightboxProps) {
  const controller = useRef<ControllerRef>(null);
  const index = pictures.findIndex(({ id }) => id === open);
  const picture = pictures[index];
  const slides = useMemo(
    () =>
      pictures.map((one) => ({
        src: fullPicture(one),
        alt: fileName(one.uri),
        width: one.width,
        height: one.height,
      })),
    [pictures],
  );
  useWindowEvent('keydown', (event) => {
    steer(event, controller.current, onClose);
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
        <div className={classes.stage}>
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
            on={{
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

/** Arrow keys turn the pictures and Escape closes, wherever the focus is but in a field or a question. */
function steer(event: KeyboardEvent, carousel: ControllerRef | null, onClose: () => void) {
  const target = event.target instanceof Element ? event.target : null;
  const dialog = target?.closest('[role="dialog"]');
  if (target?.closest('input, textarea') || (dialog && !dialog.querySelector('.yarl__root'))) return;
  if (event.key === 'Escape') onClose();
  // The carousel hears the arrow keys of its own.
  if (!carousel || target?.closest('.yarl__root')) return;
  if (event.key === 'ArrowLeft') carousel.prev();
  if (event.key === 'ArrowRight') carousel.next();
}
