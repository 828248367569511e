/** Who may call what. */

/** What a caller may do, the least first; each may do what those before it may. */
export const ROLES = ['viewer', 'auditor', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who may call an operation. There is none without it. */
export type Access =
  /** anybody, for this reason */
  | { readonly public: string }
  /** callers of this role or a higher one */
  | { readonly role: Role }
  /** the same, and callers of this machine without a token where the service listens to this machine alone */
  | { readonly role: Role; readonly orLocal: string };

/** Whether a caller of one role may do what asks for another. */
export function mayAct(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs);
}
