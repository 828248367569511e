/** The lint rule of this project that oxlint has no option for. */

/** `new Date()` reads the clock; `new Date(ms)` only formats a time that was passed in. */
const clock = {
  create(context) {
    const report = (node) => context.report({ node, message: 'Reads the clock: take the time as an argument.' });
    const isDate = (node) => node.type === 'Identifier' && node.name === 'Date';
    return {
      NewExpression(node) {
        if (isDate(node.callee) && node.arguments.length === 0) report(node);
      },
      CallExpression(node) {
        // Called as a function, Date ignores its arguments and tells the present time.
        if (isDate(node.callee)) report(node);
      },
    };
  },
};

export default { meta: { name: 'assay' }, rules: { clock } };
