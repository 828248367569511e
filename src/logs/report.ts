/** The JSON form of a decoded log (`assay log --json`), one for every kind of log. */

/**
 * How far an event's data may be believed. `bound`: it hashes to the event's digest; `bound-with-quirk`: it does by a named
 * rule; `hint`: nothing covers it; `mismatch`: it should hash to the digest and does not; `not-extended`: the event reaches
 * no PCR.
 */
export type LogBinding = 'bound' | 'bound-with-quirk' | 'hint' | 'mismatch' | 'not-extended';

/** What every event of every log has; each kind of log adds fields of its own. */
export interface LogReportEvent {
  readonly index: number;
  readonly pcr: number;
  /** `code` where the format has one, `name` for people */
  readonly type: { readonly code?: number; readonly name: string };
  /** the digests the log records, by algorithm, lower-case hexadecimal */
  readonly digests: Readonly<Record<string, string>>;
  readonly binding: LogBinding;
}

interface LogReportAnomaly {
  readonly kind: string;
  /** byte offset in the log */
  readonly offset: number;
  /** index of the event concerned, where there is one */
  readonly index?: number;
  readonly detail: string;
}

/** PCR values by bank and PCR index, lower-case hexadecimal. */
export type LogReportPcrs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** `assay.log/1`, of any kind of log. */
export interface LogReport<E extends LogReportEvent = LogReportEvent> {
  readonly schema: 'assay.log/1';
  readonly format: string;
  /** the banks that `initial` and `pcrs` have */
  readonly banks: readonly string[];
  readonly events: readonly E[];
  /** what the replay started from */
  readonly initial: LogReportPcrs;
  /** what the log replays to; PCRs that no event names are absent */
  readonly pcrs: LogReportPcrs;
  readonly anomalies: readonly LogReportAnomaly[];
}
