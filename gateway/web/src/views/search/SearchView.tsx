import { Title } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { useLocation } from 'wouter';

import { faultsIn } from '@/api/filter';
import type { SearchQuestion } from '@/api/search';
import { largestUpload, systemQuery } from '@/api/system';
import { PATHS, pathWith } from '@/app/paths';
import { Notice, ProblemNotice } from '@/components/Notice';
import { useCollection } from '@/state/collection';
import { anyExample } from '@/state/examples';
import type { NamedPicture } from '@/state/reference';
import { keepPicture } from '@/state/pictures';
import { useSearchAddress } from '@/state/useAddress';
import { useDocumentTitle } from '@/state/useDocumentTitle';

import { EncoderNotice } from '@/components/EncoderNotice';
import { QueryPanel } from './QueryPanel';
import { Results } from './Results';
import { SearchStart } from './SearchStart';
import classes from './SearchView.module.css';
import { TooLarge } from './TooLarge';
import { usePasted } from './usePasted';
import { AFRESH, NO_SUBJECT } from './subjects';
import { useHits } from './useHits';
import { useSubject } from './useSubject';

export default function SearchView() {
  const { name, collection } = useCollection();
  const [, navigate] = useLocation();
  const [address, change] = useSearchAddress();
  const subject = useSubject(address, name);
  const [dropped, setDropped] = useState(0);
  const [tooLarge, setTooLarge] = useState(false);
  const { data: system } = useQuery(systemQuery);
  const largest = system ? largestUpload(system) : Infinity;
  useDocumentTitle(subject.state === 'ready' ? `${subject.name} · Search` : 'Search');

  const searchWith = useCallback(
    async (files: readonly File[]) => {
      const [file] = files;
      if (!file) return;
      setTooLarge(file.size > largest);
      if (file.size > largest) return;
      setDropped(files.length);
      change({ ...AFRESH, picture: await keepPicture(file) });
    },
    [change, largest],
  );
  const searchFor = useCallback(
    (named: NamedPicture) => {
      setDropped(0);
      setTooLarge(false);
      if ('url' in named) {
        change({ ...AFRESH, url: named.url });
        return;
      }
      const { image, collection: of } = named;
      // Elsewhere nothing of this search's narrowing may exist.
      if (of && of !== name) navigate(pathWith(PATHS.search, { collection: of, image }));
      else change({ ...AFRESH, image });
    },
    [change, navigate, name],
  );
  usePasted({ onFiles: (files) => void searchWith(files), onNamed: searchFor });

  const question = useMemo<SearchQuestion | null>(() => {
    const alone = subject.state === 'none' && anyExample(address);
    if ((subject.state !== 'ready' && !alone) || !name) return null;
    const { crop, like, unlike, strategy, tag, folder, where } = address;
    const searched = subject.state === 'ready' ? subject.subject : null;
    return {
      collection: name,
      subject: searched,
      crop,
      like,
      unlike,
      strategy,
      filter: { tag, folder, where },
    };
  }, [subject, name, address]);
  const found = useHits(question);
  const query =
    subject.state === 'ready' && subject.preview !== null
      ? { src: subject.preview, name: subject.name, crop: address.crop }
      : undefined;

  if (subject.state === 'none' && !anyExample(address)) {
    return (
      <SearchStart collection={collection} tooLarge={tooLarge} onFiles={searchWith} onNamed={searchFor} />
    );
  }
  return (
    <div className={classes.view}>
      <Title order={1} className="visually-hidden">
        Search
      </Title>
      <Dropzone.FullScreen
        active
        withinPortal={false}
        activateOnClick={false}
        activateOnKeyboard={false}
        tabIndex={-1}
        onDrop={searchWith}
        inputProps={{ 'aria-label': 'Another picture to search with' }}
        classNames={{ inner: classes.dropping }}
      >
        Drop it to search with this picture
      </Dropzone.FullScreen>
      <QueryPanel
        collection={name}
        subject={subject}
        scale={found.scale}
        faults={faultsIn(found.error, address)}
        address={address}
        change={change}
        onFiles={searchWith}
        onRemove={() => {
          change(NO_SUBJECT);
        }}
      />
      <section className={classes.results} aria-label="Results">
        {tooLarge && <TooLarge />}
        {dropped > 1 && (
          <Notice title="One picture at a time">
            You gave {dropped} files; this is the first. To add pictures to the collection, use Loading.
          </Notice>
        )}
        <EncoderNotice collection={collection} />
        {subject.state === 'elsewhere' && (
          <Notice tone="warning" title="The picture of this link is not in this browser" announce>
            Pictures you search with stay in the browser they were given to. Drop the picture here to search
            with it; the link’s other settings are kept.
          </Notice>
        )}
        {subject.state === 'failed' && <ProblemNotice problem={subject.problem} />}
        {question && (
          <Results collection={name} query={query} found={found} address={address} change={change} />
        )}
      </section>
    </div>
  );
}
