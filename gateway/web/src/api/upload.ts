import type { Upload } from './models';
import { ApiProblem, readProblem, unreachable } from './problem';
import { isUpload } from './validators';

export interface UploadRequest {
  collection: string;
  files: readonly File[];
  tags: readonly string[];
  onProgress: (sent: number, total: number) => void;
  signal: AbortSignal;
}

/** Sends pictures and resolves with their job and what became of each. XMLHttpRequest, for fetch tells no upload progress. */
export function uploadImages({
  collection,
  files,
  tags,
  onProgress,
  signal,
}: UploadRequest): Promise<Upload> {
  const form = new FormData();
  for (const tag of tags) form.append('tags', tag);
  for (const file of files) form.append('files', file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v2/collections/${encodeURIComponent(collection)}/images`);
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress(loaded, total);
    };
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status < 200 || request.status >= 300) reject(readProblem(request.status, body));
      else if (isUpload(body)) resolve(body);
      else reject(new ApiProblem(request.status, 'unreadable_reply', 'The reply is not as described.'));
    };
    request.onerror = () => {
      reject(unreachable());
    };
    request.onabort = () => {
      reject(new DOMException('The upload was stopped.', 'AbortError'));
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    request.send(form);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
