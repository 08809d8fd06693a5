import { listOfFormats } from '@/text/formats';

import { ApiProblem, UNREACHABLE } from './problem';

export interface Explanation {
  title: string;
  text: string;
}

const RETRYING = 'This page tries again by itself.';

/** What a person should read instead of the API's words, where there is something better to say. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  [UNREACHABLE]: {
    title: 'Lookalike does not answer',
    text: `The gateway is stopped or the network is down. Nothing is lost: loads go on without this page. ${RETRYING}`,
  },
  redis_unavailable: {
    title: 'The job ledger is away',
    text: `Redis does not answer, so nothing can be searched or loaded just now. Nothing is lost. ${RETRYING}`,
  },
  redis_full: {
    title: 'The job ledger is full',
    text: `Redis has reached its maxmemory, so nothing can be searched or loaded just now. Raise maxmemory. Nothing is lost. ${RETRYING}`,
  },
  redis_not_saving: {
    title: 'The job ledger cannot be saved',
    text: `Redis cannot write to its disk, which may be full. Free space there. Nothing is lost. ${RETRYING}`,
  },
  redis_read_only: {
    title: 'The job ledger is read-only',
    text: `This Redis is a replica. LOOKALIKE_REDIS_URL has to name the primary. Nothing is lost. ${RETRYING}`,
  },
  redis_loading: {
    title: 'The job ledger is starting',
    text: `Redis reads its data from disk. Nothing is lost. ${RETRYING}`,
  },
  milvus_full: {
    title: 'The index is full',
    text: `Milvus cannot write: its disk is full, or its quota used up. Free space there. Loads wait for it. ${RETRYING}`,
  },
  storage_full: {
    title: 'The disk of the server is full',
    text: 'Nothing of this was kept. Free space below LOOKALIKE_DATA_DIR, then try again.',
  },
  unreadable: {
    title: 'This cannot be read',
    text: 'Let the user that Lookalike runs as read the file or folder, and pass through the folders above it.',
  },
  milvus_unavailable: {
    title: 'The index is away',
    text: `Milvus does not answer, so nothing can be searched just now. Loads wait for it. ${RETRYING}`,
  },
  no_encoder: {
    title: 'No encoder is running',
    text: 'Pictures cannot be turned into vectors. Start an encoder worker; “find similar” works without one.',
  },
  encoder_mismatch: {
    title: 'This collection belongs to another encoder',
    text: 'Its vectors cannot be compared with those of the encoder that runs now. Choose or create another collection, or start the encoder with the weights this one was made with.',
  },
  collection_not_found: {
    title: 'There is no such collection',
    text: 'It may have been deleted. Choose another one above.',
  },
  collection_exists: {
    title: 'This name is taken',
    text: 'A collection of this name exists. Choose another name.',
  },
  image_not_found: {
    title: 'This picture is not in the collection',
    text: 'It may have been forgotten since. Drop the picture itself to search with it.',
  },
  image_gone: {
    title: 'The picture to keep is gone',
    text: 'It was forgotten or replaced meanwhile, so nothing was forgotten now. Reload the page.',
  },
  duplicate_group_not_found: {
    title: 'This group is no more',
    text: 'It was decided elsewhere, or the duplicates were computed anew. Reload the page.',
  },
  job_not_found: {
    title: 'This load is no longer known',
    text: 'The ledger keeps finished loads for some weeks only.',
  },
  unsupported_format: {
    title: 'This is not a picture Lookalike can read',
    text: `It reads ${listOfFormats()}. Save the picture as one of these.`,
  },
  corrupt: {
    title: 'This picture is damaged',
    text: 'Its data cannot be decoded. Open it in a picture editor and save it anew.',
  },
  truncated: {
    title: 'This picture is cut off',
    text: 'The end of the file is missing. Fetch or export it again.',
  },
  empty_file: { title: 'This file is empty', text: 'It holds no data at all. Fetch or export it again.' },
  too_many_pixels: {
    title: 'This picture has too many pixels',
    text: 'Make it smaller, or raise LOOKALIKE_MAX_PIXELS.',
  },
  too_slow: {
    title: 'This picture takes too long to decode',
    text: 'Save it anew in a picture editor, or raise LOOKALIKE_DECODE_SECONDS.',
  },
  decoder_crashed: {
    title: 'This picture breaks its decoder',
    text: 'Open it in a picture editor and save it anew.',
  },
  blank_vector: {
    title: 'There is nothing to see in this picture',
    text: 'The encoder finds no feature in it, as in a wholly black one. Try another picture or a larger box.',
  },
  labels_too_large: {
    title: 'This picture has no room for more tags or metadata',
    text: 'It is as it was before the load. Remove some of its tags or metadata, or load it with fewer, then retry.',
  },
  path_outside_roots: {
    title: 'This path is not open to Lookalike',
    text: 'Choose one inside the image roots. LOOKALIKE_IMAGE_ROOTS says which they are.',
  },
  no_image_roots: {
    title: 'No folder is open to Lookalike',
    text: 'Start it with LOOKALIKE_IMAGE_ROOTS set to your folder of pictures, or upload pictures below.',
  },
  path_not_found: {
    title: 'There is no such folder or file',
    text: 'Check the spelling; the list shows what is there.',
  },
  fetch_forbidden: {
    title: 'This address may not be fetched',
    text: 'Only http and https addresses on the public internet are, without a password in them. LOOKALIKE_FETCH_ALLOW names further networks.',
  },
  fetch_refused: {
    title: 'The site does not want this picture used by machines',
    text: 'Its server says so (X-Robots-Tag). Save the picture and drop it here, if you may.',
  },
  fetch_timeout: {
    title: 'The site did not send the picture in time',
    text: 'Try again later, save the picture and drop it here, or raise LOOKALIKE_FETCH_TIMEOUT_SECONDS.',
  },
  fetch_failed: {
    title: 'The picture cannot be fetched',
    text: 'Check that the address opens in your browser and that the server of Lookalike reaches the internet. Or save the picture and drop it here.',
  },
  no_bucket_roots: {
    title: 'No bucket is open to Lookalike',
    text: 'Start it with LOOKALIKE_BUCKET_ROOTS set to your bucket, or a prefix in it.',
  },
  bucket_outside_roots: {
    title: 'This bucket or prefix is not open to Lookalike',
    text: 'Choose one inside the bucket roots. LOOKALIKE_BUCKET_ROOTS says which they are.',
  },
  not_a_directory: { title: 'This is a file', text: 'Give the folder that it lies in.' },
  not_a_file: { title: 'This is no file', text: 'Give a file; the list shows what is there.' },
  queue_full: { title: 'Too much is waiting', text: 'Wait until some of the work is done, then try again.' },
  unreadable_event: {
    title: 'What the gateway tells of a load cannot be read',
    text: 'The loads go on, and the list is asked for instead. This page may be of another version than the gateway: reload it.',
  },
  unreadable_reply: {
    title: 'The gateway’s answer cannot be read',
    text: 'This page may be of another version than the gateway: reload it, then see under Loading what became of it.',
  },
  unauthorized: {
    title: 'An API key is needed',
    text: 'Sign in with a key of this server.',
  },
  not_allowed: {
    title: 'Your key may not do this',
    text: 'Sign out on the page System, and in with one that may; or ask whoever administers this server.',
  },
  no_administrator: {
    title: 'Nobody administers this server',
    text: 'Everything is open to everybody. Start it with a key in LOOKALIKE_API_KEYS, sign in with that, and make further ones here.',
  },
  rate_limited: {
    title: 'Your key has sent too many requests',
    text: 'Wait a minute. Whoever administers this server can make one with a higher limit.',
  },
};

const BY_STATUS: Readonly<Record<number, Explanation>> = {
  401: { title: 'An API key is needed', text: 'Sign in with a key of this server.' },
  413: {
    title: 'This is too large to upload',
    text: 'Load it from a folder of the server, or raise LOOKALIKE_MAX_UPLOAD_MB.',
  },
  429: { title: 'Too much is waiting', text: 'Wait until some of the work is done, then try again.' },
  504: { title: 'The encoder took too long', text: 'It may be busy. Try again in a moment.' },
};

/** A sentence and its remedy for any error; the API's own detail where nothing better is known. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof ApiProblem)) {
    return {
      title: 'Something went wrong in this page',
      text: 'Reload it. If it happens again, the browser’s console says more.',
    };
  }
  return (
    EXPLANATIONS[error.code] ??
    ofForeignStatus(error) ??
    BY_STATUS[error.status] ?? { title: error.title, text: error.detail }
  );
}

/** What another server answered, when the gateway fetched a picture from it. */
function ofForeignStatus({ status, code }: ApiProblem): Explanation | undefined {
  const answered = /^http_(\d{3})$/.exec(code)?.[1];
  if (status !== 422 || answered === undefined || answered === '422') return undefined;
  const gone = answered === '404' || answered === '410';
  return {
    title: `The site answered with status ${answered}`,
    text: gone
      ? 'There is nothing at this address. Check it in your browser.'
      : 'It may ask for a sign-in, or keep machines out. Save the picture and drop it here.',
  };
}

/** One line for a small place. */
export function explainShortly(error: unknown): string {
  const { title, text } = explain(error);
  return `${title}. ${text}`;
}
