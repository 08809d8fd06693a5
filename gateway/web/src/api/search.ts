import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api } from './client';
import type { Crop, ImageFilter, SearchReply } from './models';
import { untilBack, unwrap } from './problem';

export interface SearchQuestion {
  collection: string;
  /** A picture of this browser (its key and bytes), or a stored image's id. */
  subject: { kind: 'file'; key: string; file: Blob } | { kind: 'image'; id: string };
  crop?: Crop | undefined;
  topK: number;
  filter: ImageFilter;
}

/** `x,y,width,height`, as the API and the page's address write a crop. */
export function cropText(crop: Crop): string {
  return [crop.x, crop.y, crop.width, crop.height].map((part) => Number(part.toFixed(4))).join(',');
}

async function ask(question: SearchQuestion, signal: AbortSignal): Promise<SearchReply> {
  const { subject, collection, crop, topK, filter } = question;
  const narrowed = {
    top_k: topK,
    ...(filter.tag ? { tag: filter.tag } : {}),
    ...(filter.folder ? { path_prefix: filter.folder } : {}),
  };
  if (subject.kind === 'image' && !crop) {
    return unwrap(
      api.GET('/api/v2/collections/{collection}/images/{image}/similar', {
        params: { path: { collection, image: subject.id }, query: narrowed },
        signal,
      }),
    );
  }
  const file = subject.kind === 'file' ? subject.file : await contentOf(collection, subject.id, signal);
  const form = new FormData();
  form.append('file', file, file instanceof File ? file.name : 'picture');
  for (const [name, value] of Object.entries(narrowed)) form.append(name, String(value));
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

async function contentOf(collection: string, image: string, signal: AbortSignal): Promise<Blob> {
  return unwrap<Blob>(
    api.GET('/api/v2/collections/{collection}/images/{image}/content', {
      params: { path: { collection, image } },
      parseAs: 'blob',
      signal,
    }),
  );
}

export function searchQuery(question: SearchQuestion | null) {
  const subject = question?.subject;
  const identity = subject && (subject.kind === 'file' ? subject.key : subject.id);
  return queryOptions({
    queryKey: [
      'search',
      question?.collection,
      subject?.kind,
      identity,
      question?.crop && cropText(question.crop),
      question?.topK,
      question?.filter,
    ],
    queryFn: ({ signal }) => {
      if (!question) throw new Error('there is nothing to search for');
      return ask(question, signal);
    },
    enabled: question !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    ...untilBack,
  });
}
