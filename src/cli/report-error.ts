/** How a command that failed says so: for people, or as one JSON document. */

import { EvidenceError, PolicyError, UsageError } from '../bytes/errors.ts';
import { EXIT, type ExitCode, type Io } from './io.ts';

/** What `--json` prints instead of an answer. */
interface ErrorDocument {
  readonly schema: 'assay.error/1';
  /** stable */
  readonly code: string;
  /** what was found, and where */
  readonly message: string;
  /** what to do next */
  readonly remedy: string;
}

const POLICY_REMEDIES = new Map<string, string>([
  [
    'policy.unknown-name',
    'add the document to the catalogue, correct the name, or name another catalogue with --catalogue DIR',
  ],
  ['policy.unknown-check', 'correct the id; `assay policy checks` lists the checks'],
  ['policy.parameters', 'correct the parameters; `assay policy checks` shows what each check takes'],
  ['policy.intrinsic', 'remove the entry: links 1 to 3 are always judged'],
  ['policy.duplicate', 'give each policy a name of its own, or load one of them'],
  ['catalogue.duplicate', 'give each document a name of its own, or remove one of them'],
  ['reference.approval', 'have somebody other than the author approve the capture, and name them as approver'],
]);

/** What to do about a document about trust that cannot be used. */
export function policyRemedy({ code }: PolicyError): string {
  return POLICY_REMEDIES.get(code) ?? 'correct what the message names';
}

/** The document of an error; `undefined` for our own faults, whose text is not made for users. */
function expected(error: unknown): Omit<ErrorDocument, 'schema'> | undefined {
  if (error instanceof UsageError) return { code: error.code, message: error.message, remedy: error.remedy };
  if (error instanceof PolicyError) {
    return { code: error.code, message: error.message, remedy: policyRemedy(error) };
  }
  if (error instanceof EvidenceError) {
    const { part = '', offset, message } = error;
    const where = [part, offset === undefined ? '' : `offset ${offset}`].filter((word) => word !== '').join(', ');
    // Most readers say the place themselves.
    const told = where === '' || message.includes(`(${part}`);
    return {
      code: error.code,
      message: told ? message : `${message} (${where})`,
      remedy: 'check that the file is what the option says, and collect it again if it is',
    };
  }
  return undefined;
}

/** Commander's errors, by shape: importing its class here would load it for nothing. */
function usage(error: unknown): Omit<ErrorDocument, 'schema'> | undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code !== 'string' || !code.startsWith('commander.') || typeof message !== 'string') return undefined;
  return {
    code: `usage.${code.slice('commander.'.length)}`,
    message: code === 'commander.help' ? 'no command is given' : message.replace(/^error: /, ''),
    remedy: 'see --help of the command',
  };
}

/** Reports an error and returns the exit code that goes with it. */
export function reportError(error: unknown, io: Io, json: boolean): ExitCode {
  const known = expected(error) ?? usage(error);
  const document: ErrorDocument = {
    schema: 'assay.error/1',
    ...(known ?? {
      code: 'internal',
      message: error instanceof Error ? error.message : String(error),
      remedy: 'this is a fault of assay and says nothing about the host; report it with the output of ASSAY_DEBUG=1',
    }),
  };
  if (json) io.out(`${JSON.stringify(document)}\n`);
  else {
    const { red, dim } = io.errStyle;
    io.err(`${red('assay:')} ${document.message}\n`);
    io.err(`  ${dim('code')}  ${document.code}\n  ${dim('do')}    ${document.remedy}\n`);
  }
  if (known === undefined && io.env['ASSAY_DEBUG'] === '1' && error instanceof Error) io.err(`${error.stack}\n`);
  return EXIT.error;
}
