import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';

import { api } from './client';
import { compile, filterText } from './filter';
import type { Crop, Examples, ImageFilter, SearchReply, Strategy } from './models';
import { untilBack, unwrap } from './problem';
import { OFFSET } from './rules';

export interface SearchQuestion extends Examples {
  collection: string;
  /** A picture of this browser (its key and bytes), one on the web, a stored image's id, or the examples alone. */
  subject: Subject | null;
  /** The part of the subject to search by. */
  crop?: Crop | undefined;
  strategy: Strategy;
  filter: ImageFilter;
}

export type Subject =
  { kind: 'file'; key: string; file: Blob } | { kind: 'image'; id: string } | { kind: 'url'; url: string };

/** A first page that is quickly there; a picture of this browser is sent, and encoded, for each. */
const FIRST_PAGE = 60;
const NEXT_PAGE = 200;

/** `x,y,width,height`, as the API and the page's address write a crop. */
export function cropText(crop: Crop): string {
  return [crop.x, crop.y, crop.width, crop.height].map((part) => Number(part.toFixed(4))).join(',');
}

async function ask(question: SearchQuestion, offset: number, signal: AbortSignal): Promise<SearchReply> {
  const { subject, like, unlike } = question;
  const top_k = offset === 0 ? FIRST_PAGE : NEXT_PAGE;
  return subject?.kind === 'file' && like.length + unlike.length === 0
    ? askByPicture(question, subject.file, { top_k, offset }, signal)
    : askByExamples(question, { top_k, offset }, signal);
}

interface Window {
  top_k: number;
  offset: number;
}

function askByPicture(
  { collection, crop, filter }: SearchQuestion,
  file: Blob,
  page: Window,
  signal: AbortSignal,
) {
  const form = new FormData();
  form.append('file', file, file instanceof File ? file.name : 'picture');
  for (const [name, value] of Object.entries(page)) form.append(name, String(value));
  const chosen = filterText(filter);
  if (chosen) form.append('filter', chosen);
  if (crop) form.append('crop', cropText(crop));
  return unwrap(
    api.POST('/api/v2/collections/{collection}/search', {
      params: { path: { collection } },
      // The generated type describes the form's fields; the browser sends the form itself.
      body: form as never,
      bodySerializer: (body) => body as unknown as FormData,
      signal,
    }),
  );
}

async function askByExamples(question: SearchQuestion, page: Window, signal: AbortSignal) {
  const { collection, subject, crop, like, unlike, filter } = question;
  const part = crop ? { crop } : {};
  const first = subject ? [{ ...(await exampleOf(subject)), ...part }] : [];
  const positive = [...first, ...like.map((image) => ({ image }))];
  return unwrap(
    api.POST('/api/v2/collections/{collection}/query', {
      params: { path: { collection } },
      body: {
        ...page,
        positive,
        negative: unlike.map((image) => ({ image })),
        // An average needs something to be like.
        strategy: positive.length > 0 ? question.strategy : 'best_score',
        filter: compile(filter).filter,
        distinct: false,
        expand: 0,
        rerank: 'none',
        params: {},
        with_vector: false,
      },
      signal,
    }),
  );
}

async function exampleOf(subject: Subject) {
  if (subject.kind === 'file') return { base64: await base64Of(subject.file) };
  return subject.kind === 'url' ? { url: subject.url } : { image: subject.id };
}

/** What tells a subject from others. */
function keyOf(subject: Subject): string {
  if (subject.kind === 'file') return subject.key;
  return subject.kind === 'url' ? subject.url : subject.id;
}

async function base64Of(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      // What follows the comma of a `data:` address.
      const address = reader.result as string;
      resolve(address.slice(address.indexOf(',') + 1));
    };
    reader.onerror = () => {
      reject(reader.error ?? new Error('the picture cannot be read'));
    };
    reader.readAsDataURL(file);
  });
}

export function searchQuery(question: SearchQuestion | null) {
  const subject = question?.subject;
  return infiniteQueryOptions({
    queryKey: [
      'search',
      question?.collection,
      subject && [subject.kind, keyOf(subject)],
      question?.crop && cropText(question.crop),
      question && [question.like, question.unlike, question.strategy],
      question && compile(question.filter).filter,
    ],
    queryFn: ({ pageParam, signal }) => {
      if (!question) throw new Error('there is nothing to search for');
      return ask(question, pageParam, signal);
    },
    initialPageParam: 0,
    // The page after as many hits as all before were asked for; none after one that is not full.
    getNextPageParam: ({ hits }, pages, offset) => {
      const next = offset + hits.length;
      const full = hits.length === (pages.length === 1 ? FIRST_PAGE : NEXT_PAGE);
      return full && next <= OFFSET.maximum ? next : undefined;
    },
    enabled: question !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    ...untilBack,
  });
}
