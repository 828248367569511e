/** The one table from a verdict to the tier a relying party reads. No policy changes it. */

import type { Appraisal } from '../chain/model.ts';

/** AR4SI trust tiers as EAR spells them (draft-ietf-rats-ear, `ear.status`). */
export type ResultStatus = 'affirming' | 'warning' | 'none' | 'contraindicated';

/**
 * The tier of an appraisal: untrusted is `contraindicated`, unproven is `none`, trusted is `affirming`; trusted with a
 * waiver, an accepted check or the firmware link excluded is `warning`, never better. (This version's appraisals have no waivers.)
 */
export function resultStatus(appraisal: Pick<Appraisal, 'verdict' | 'caps' | 'links'>): ResultStatus {
  switch (appraisal.verdict) {
    case 'untrusted':
      return 'contraindicated';
    case 'unproven':
      return 'none';
    case 'trusted':
      return appraisal.caps.length > 0 || appraisal.links.some((link) => link.waived > 0) ? 'warning' : 'affirming';
  }
}
