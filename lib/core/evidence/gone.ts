/** The policy's `gone` rules: which live objects on-premises do not count as being there. */
import { canonical, type DistinguishedName, isBelow, parseDn } from '../distinguishedName.ts';
import type { OnPremUser } from '../model.ts';
import type { Policy } from '../policy.ts';
import { matcher } from '../protect.ts';

type Rule = Extract<Policy['onPremises'], { source: 'activeDirectory' }>['gone'][number];

export interface GoneRule extends Rule {
  /** The same as long as the rule asks for the same. */
  readonly name: string;
  /** Its organizational unit, understood. */
  readonly unit: DistinguishedName | undefined;
}

export function goneRules({ onPremises }: Pick<Policy, 'onPremises'>): readonly GoneRule[] {
  return onPremises.source === 'entra'
    ? []
    : onPremises.gone.map((rule) => {
        const unit = parseDn(rule.organizationalUnit ?? '');
        return { ...rule, unit, name: nameOf(rule, unit) };
      });
}

function nameOf({ attribute, disabled }: Rule, unit: DistinguishedName | undefined): string {
  return [
    unit === undefined ? [] : `in ${canonical(unit)}`,
    attribute === undefined ? [] : `${attribute.name.toLowerCase()} is ${attribute.equals}`,
    disabled === undefined ? [] : 'disabled',
  ]
    .flat()
    .join(' and ');
}

/** Of the rules that the object matches in every respect the one with the fewest days. What is not told does not match. */
export function ruleFor(object: OnPremUser, rules: readonly GoneRule[]): GoneRule | undefined {
  return rules.filter((rule) => matches(object, rule)).sort((a, b) => a.forDays - b.forDays)[0];
}

function matches(object: OnPremUser, { organizationalUnit, unit, attribute, disabled }: GoneRule): boolean {
  const dn = parseDn(object.distinguishedName ?? '');
  const values = object.attributes?.[attribute?.name.toLowerCase() ?? ''] ?? [];
  return (
    (organizationalUnit === undefined || (unit !== undefined && dn !== undefined && isBelow(dn, unit))) &&
    (attribute === undefined || values.some(matcher(attribute.equals))) &&
    (disabled === undefined || object.disabled === true)
  );
}
