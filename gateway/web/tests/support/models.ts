import type {
  Collection,
  DuplicateGroup,
  DuplicateGroupList,
  Failure,
  Hit,
  Image,
  Job,
  Key,
  PictureFormat,
  StandingSource,
  System,
} from '@/api/models';

/** Things of the API as a test needs them: whole, and changed where the test says so. */
export const ID = '0123456789abcdef0123456789abcdef';

export function job(changes: Partial<Job> = {}): Job {
  return {
    id: 'a'.repeat(32),
    collection: 'shoes',
    source: { kind: 'directory', path: '/photos/2024', recursive: true, pattern: null, exclude: [] },
    status: 'running',
    total: 1200,
    done: 800,
    indexed: 800,
    unchanged: 0,
    moved: 0,
    duplicates: 0,
    failed: 0,
    ignored: 0,
    removed: 0,
    bytes: 731_906_048,
    images_per_second: 61.5,
    eta_seconds: 6.5,
    created_at: '2026-05-02T10:00:00Z',
    started_at: '2026-05-02T10:00:01Z',
    finished_at: null,
    finished: false,
    error: null,
    ...changes,
  };
}

export function standing(changes: Partial<StandingSource> = {}): StandingSource {
  return {
    id: 'd'.repeat(32),
    collection: 'shoes',
    source: { kind: 'directory', path: '/photos', recursive: true, pattern: null, exclude: [] },
    on_duplicate: 'keep',
    sync: false,
    cron: '0 3 * * *',
    watch: false,
    paused: false,
    created_at: '2026-05-02T10:00:00Z',
    next_run: '2026-05-03T03:00:00Z',
    last_job: null,
    ...changes,
  };
}

export function apiKey(changes: Partial<Key> = {}): Key {
  return {
    id: 'e'.repeat(32),
    name: 'web shop',
    actions: ['read'],
    collections: ['photos*'],
    expires_at: null,
    rate_per_minute: null,
    created_at: '2026-05-02T10:00:00Z',
    created_by: 'administrator 1',
    last_used_at: null,
    expired: false,
    ...changes,
  };
}

export function failure(changes: Partial<Failure> = {}): Failure {
  return {
    uri: 'file:///photos/2024/broken.jpg',
    code: 'truncated',
    reason: 'The file ends too early.',
    attempts: 1,
    name: null,
    source_url: null,
    ...changes,
  };
}

export function image(changes: Partial<Image> = {}): Image {
  const id = changes.id ?? ID;
  return {
    id,
    uri: 'file:///photos/2024/beach.jpg',
    sha256: 'b'.repeat(64),
    width: 400,
    height: 300,
    bytes: 71_200,
    format: 'jpeg',
    modified_at: '2024-08-01T12:30:00Z',
    added_at: '2026-05-02T10:00:05Z',
    job: 'a'.repeat(32),
    tags: [],
    metadata: {},
    taken_at: null,
    camera: null,
    lens: null,
    gps: null,
    content_url: `/api/v2/collections/shoes/images/${id}/content?v=1`,
    thumbnail_url: `/api/v2/collections/shoes/images/${id}/thumbnail?v=1`,
    ...changes,
  };
}

export function hit(changes: Partial<Hit> = {}): Hit {
  return { ...image(), score: 0.9, distance: 0.447, match: null, ...changes };
}

export function group(changes: Partial<DuplicateGroup> = {}): DuplicateGroup {
  const images = ['a', 'b'].map((letter) =>
    image({ id: letter.repeat(32), uri: `file:///photos/${letter}.jpg` }),
  );
  return {
    id: 'f'.repeat(32),
    grade: 'identical',
    match: 1,
    size: 2,
    images,
    suggested_keep: 'a'.repeat(32),
    ...changes,
  };
}

export function groupList(changes: Partial<DuplicateGroupList> = {}): DuplicateGroupList {
  return {
    items: [],
    next_cursor: null,
    count: 0,
    computed: {
      job: 'a'.repeat(32),
      computed_at: '2026-05-02T10:00:00Z',
      images: 1200,
      identical_only: false,
      copy_match: 0.9,
      similar_match: 0.5,
    },
    ...changes,
  };
}

export function collection(changes: Partial<Collection> = {}): Collection {
  return {
    name: 'shoes',
    description: '',
    count: 12,
    bytes: 24_576,
    created_at: '2026-05-02T10:00:00Z',
    encoder: 'vgg16:untrained-1:stretch224:rmac:512:v1',
    descriptor: { pooling: 'rmac', weights: 'untrained-1' },
    index: { type: 'HNSW', params: {} },
    regions: false,
    aliases: [],
    state: 'loaded',
    ...changes,
  };
}

export const FORMATS: PictureFormat[] = [
  { name: 'jpeg', media_type: 'image/jpeg', extensions: ['jpg', 'jpeg'] },
  { name: 'png', media_type: 'image/png', extensions: ['png'] },
  { name: 'heic', media_type: 'image/heic', extensions: ['heic', 'heif'] },
];

export function system(changes: Partial<System> = {}): System {
  return {
    encoder: 'vgg16:untrained-1:stretch224:rmac:512:v1',
    weights: 'untrained-1',
    untrained: false,
    pooling: 'rmac',
    default_collection: 'shoes',
    workers: [
      {
        name: 'query@machine',
        queue: 'query',
        device: 'cpu',
        runtime: 'openvino',
        precision: 'bfloat16',
        weights: 'imagenet-4a1ffb70',
        images_per_second: 61.2,
        started_at: '2026-05-02T09:00:00Z',
        seen_at: '2026-05-02T10:00:00Z',
      },
    ],
    queues: { scan: 0, encode: 0, query: 0 },
    jobs_active: 0,
    image_roots: ['/photos'],
    bucket_roots: [],
    limits: {
      max_upload_mb: 1,
      max_upload_files: 1000,
      max_pixels: 100_000_000,
      max_top_k: 1000,
      max_tags: 64,
      queue_limit: 1000,
    },
    formats: FORMATS,
    versions: {},
    ...changes,
  };
}
