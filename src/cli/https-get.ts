/** One file over HTTPS, within limits. */

import { request } from 'node:https';
import { UsageError } from '../bytes/errors.ts';

/** What is asked of one file. */
export interface GetLimits {
  /** most bytes */
  readonly bytes: number;
  /** milliseconds for all of it */
  readonly time: number;
  /** PEM of the CAs that may vouch for the server; absent: those Node was built with */
  readonly ca?: string;
}

/**
 * Fetches a file. No redirect is followed, so that what comes is from the address that was asked.
 * @throws UsageError `fetch.address`, `fetch.failed`
 */
export function httpsGet(address: string, { bytes, time, ca }: GetLimits): Promise<Uint8Array> {
  const url = new URL(address);
  const failed = (why: string): UsageError =>
    new UsageError('fetch.failed', `${address}: ${why}`, 'check the network, or bring the file another way');
  if (url.protocol !== 'https:') throw new UsageError('fetch.address', `${address} is not https`, 'give https://…');
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(time);
    const fail = (cause: Error): void =>
      reject(failed(signal.aborted ? `it took more than ${time} ms` : cause.message));
    const sent = request(
      url,
      { signal, agent: false, minVersion: 'TLSv1.2', headers: { accept: '*/*' }, ...(ca !== undefined && { ca }) },
      (response) => {
        response.once('error', fail);
        if (response.statusCode !== 200) {
          sent.destroy();
          reject(failed(`the server answered ${response.statusCode}`));
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size <= bytes) return;
          sent.destroy();
          reject(failed(`it is larger than ${bytes} bytes`));
        });
        response.once('end', () => {
          if (response.complete) resolve(new Uint8Array(Buffer.concat(chunks)));
          else reject(failed('it ended early'));
        });
      },
    );
    sent.once('error', fail);
    sent.end();
  });
}
