/** How the checks of link 8 judge the entries of one component in the runtime list. */

import type { FileComponent } from '../../references/manifest.ts';
import type { FindingCode } from '../codes.ts';
import type { CheckContext, Outcome } from '../model.ts';
import { no, yes } from '../outcome.ts';
import { entryFinding, withScan } from '../runtime/scan.ts';

interface Question {
  readonly component: FileComponent;
  /** the finding about an entry that a path accuses and no digest acquits */
  readonly code: FindingCode;
  readonly expected: string;
  /** the answer when no entry is of the component */
  readonly none: () => Outcome;
}

/** No for every entry that is accused and not the image's; else what was measured, or the answer to nothing measured. */
export function judgeComponent(context: CheckContext<unknown>, { component, code, expected, none }: Question): Outcome {
  return withScan(context, (scan) => {
    const { approved = 0, foreign = [] } = scan.components.get(component) ?? {};
    if (foreign.length > 0) return no(foreign.map((entry) => entryFinding(code, entry, expected)));
    return approved === 0 ? none() : yes([`${approved} measured`]);
  });
}
