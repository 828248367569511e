/** What `assay audit …` does. */

import { AppraisalExport } from '../../api/appraisal-schemas.ts';
import { PolicyError, UsageError } from '../../bytes/errors.ts';
import { contentId } from '../../bytes/hash.ts';
import { parseJson } from '../../bytes/json.ts';
import { fromBase64url, printable } from '../../bytes/text.ts';
import { replay, type Difference } from '../../chain/replay.ts';
import { parseDocument } from '../../references/schema.ts';
import type { ExportOptions, ReplayOptions } from '../commands/audit.ts';
import { readText } from '../input.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { operatorClient } from '../operator-client.ts';
import { said, writeOutput } from '../output.ts';

/** A bundle of 64 MiB, with the manifests and references it was judged by. */
const MAX_EXPORT = 256 * 1024 * 1024;

/** @throws UsageError as {@link operatorClient} and {@link writeOutput} */
export async function exportAppraisal(io: Io, id: string, options: ExportOptions): Promise<void> {
  const path = `/v1/appraisals/${encodeURIComponent(id)}/input`;
  const document = await operatorClient(io, options, MAX_EXPORT)<AppraisalExport>({ method: 'GET', path });
  writeOutput(io, options.out, `${JSON.stringify(document)}\n`);
}

/**
 * @returns 1 when the export holds something else than its names say, or another appraisal comes of it
 * @throws UsageError `audit.export`, `audit.incomplete`, `input.*`; EvidenceError, PolicyError when a part is no such part
 */
export function replayAppraisal(io: Io, file: string, options: ReplayOptions): ExitCode {
  const { id, input, document, parts } = readExport(file);
  const contents = new Map(Object.entries(parts).map(([name, text]) => [name, fromBase64url(text)]));
  const altered = [...contents].flatMap(([name, bytes]) => (contentId(bytes) === name ? [] : [name]));
  const part = (name: string): Uint8Array => {
    const bytes = contents.get(name);
    if (bytes !== undefined) return bytes;
    throw new UsageError('audit.incomplete', `${file}: the part ${name} is not in it`, 'export the appraisal again');
  };
  const words = altered.map((name) => `the content of ${name} is another`);
  if (altered.length > 0) {
    said(io, options, 'assay.replay/1', { appraisal: id, same: false, altered, differences: [] }, words.join('\n'));
    return EXIT.no;
  }
  const { made, differences } = replay(part(input), part(document), part);
  const same = differences.length === 0;
  const answer = { appraisal: id, document, same, verdict: made.verdict, altered, differences };
  const text = same
    ? `the same: ${document}\nverdict ${[made.verdict, made.weakestLink].filter((word) => word !== null).join(', weakest link ')}`
    : differences.map(inWords).join('\n');
  said(io, options, 'assay.replay/1', answer, text);
  return same ? EXIT.yes : EXIT.no;
}

function inWords({ pointer, kept, made }: Difference): string {
  const shown = (value: string | undefined): string => (value === undefined ? 'nothing' : printable(value, 200));
  return `${pointer === '' ? 'the document' : printable(pointer, 200)}: kept ${shown(kept)}, made ${shown(made)}`;
}

function readExport(file: string): AppraisalExport {
  try {
    return parseDocument(AppraisalExport, parseJson(readText(file, 'the export')), 'audit.export', 'the export');
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause;
    throw new UsageError(cause.code, `${file}: ${cause.message}`, 'give what `assay audit export` wrote');
  }
}
