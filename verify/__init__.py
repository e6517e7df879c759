"""Numerical verification of pure JAX functions: is the mathematics right, and if not, where?"""

from verify.checks.check import check as check
from verify.checks.exact import exact as exact
from verify.checks.verdict import Evidence as Evidence
from verify.checks.verdict import Verdict as Verdict
from verify.claims.calculus import derivative as derivative
from verify.claims.calculus import integral as integral
from verify.claims.calculus import limit as limit
from verify.claims.calculus import series as series
from verify.claims.claim import Claim as Claim
from verify.claims.claim import claim as claim
from verify.claims.constant import constant as constant
from verify.claims.constant import pi as pi
from verify.claims.domain import integers as integers
from verify.claims.domain import positives as positives
from verify.claims.domain import probabilities as probabilities
from verify.claims.domain import reals as reals
from verify.claims.relation import all_of as all_of
from verify.claims.relation import at_most as at_most
from verify.claims.relation import equal as equal
from verify.claims.relation import implies as implies
from verify.claims.relation import less as less
from verify.claims.simplex import simplex as simplex
from verify.functions.gaussian import normal_density as normal_density
