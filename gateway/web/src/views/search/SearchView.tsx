import { Title } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';

import type { SearchQuestion } from '@/api/search';
import { largestUpload, systemQuery } from '@/api/system';
import { Notice, ProblemNotice } from '@/components/Notice';
import { useCollection } from '@/state/collection';
import { keepPicture } from '@/state/pictures';
import { useSearchAddress } from '@/state/useAddress';
import { useDocumentTitle } from '@/state/useDocumentTitle';

import { EncoderNotice } from '@/components/EncoderNotice';
import { QueryPanel } from './QueryPanel';
import { Results } from './Results';
import { SearchStart } from './SearchStart';
import classes from './SearchView.module.css';
import { TooLarge } from './TooLarge';
import { usePastedPicture } from './usePastedPicture';
import { useSubject } from './useSubject';

const AFRESH = { image: undefined, picture: undefined, crop: undefined, open: undefined };

export default function SearchView() {
  const { name, collection } = useCollection();
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
  usePastedPicture((files) => void searchWith(files));

  const question = useMemo<SearchQuestion | null>(() => {
    if (subject.state !== 'ready' || !name) return null;
    const filter = { tag: address.tag, folder: address.folder };
    return { collection: name, subject: subject.subject, crop: address.crop, topK: address.top, filter };
  }, [subject, name, address.crop, address.top, address.tag, address.folder]);

  if (subject.state === 'none') {
    return <SearchStart collection={collection} tooLarge={tooLarge} onFiles={searchWith} onImage={change} />;
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
        subject={subject}
        address={address}
        change={change}
        onFiles={searchWith}
        onRemove={() => {
          change(AFRESH);
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
        {question && <Results question={question} address={address} change={change} />}
      </section>
    </div>
  );
}
