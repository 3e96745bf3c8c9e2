// The identity provider's consent form works without a script.
__coopwright.note('consent-shown');
