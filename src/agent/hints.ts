/** The host's words about itself: shown by the service, never judged. */

/** What the system says, as `node:os` gives it. */
export interface HostWords {
  readonly hostname: string;
  /** release of the kernel */
  readonly kernel: string;
  readonly architecture: string;
  /** name and version of this program */
  readonly agent: string;
}

/** Half of what a bundle may carry in one hint: enough for any name, and no host fills a screen. */
const MAX_LENGTH = 512;

/**
 * @param missing parts the bundle goes without, each with the reason
 */
export function hostHints(words: HostWords, missing: readonly string[] = []): ReadonlyMap<string, string> {
  const hints = new Map<string, string>(Object.entries(words));
  if (missing.length > 0) hints.set('missing', missing.join('; '));
  return new Map([...hints].map(([key, word]) => [key, wellFormed(word)]));
}

/** Text with half a character has no canonical form, and hints have a content id. */
function wellFormed(text: string): string {
  return text.slice(0, MAX_LENGTH).replaceAll(/\p{Surrogate}/gu, '\ufffd');
}
