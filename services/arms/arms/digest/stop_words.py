"""Words that are frequent in every English text and so say nothing about any of them.

Function words only: articles, pronouns, prepositions, conjunctions, auxiliaries and the adverbs
that go with them. Words of one or two letters are left out by their length already.
"""

STOP_WORDS = frozenset("""
    about above after again against all almost along already also although always among and another
    any anyone anything are aren't around because been before being below between both but can can't
    cannot could couldn't did didn't does doesn't doing don't done down during each either else
    enough even ever every everyone everything few for from further get gets getting got had hadn't
    has hasn't have haven't having her here hers herself him himself his how however i'd i'll i'm
    i've into isn't it's its itself just least less let like made make makes many may maybe me might
    more most much must myself near need needs neither never nor not nothing now off often once one
    only onto other others our ours ourselves out over own per perhaps put quite rather really same
    shall she should shouldn't since some someone something soon still such than that that's the
    their theirs them themselves then there there's therefore these they they're this those though
    through thus too toward towards two under until upon use used uses using very via was wasn't
    we'll we're we've well were weren't what what's when where whether which while who whole whom
    whose why will with within without won't would wouldn't yet you you'll you're you've your
    yours yourself
    """.split())  # noqa: SIM905 - a paragraph of words is read more easily than a list of literals
