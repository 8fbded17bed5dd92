"""The kernels by their name, where they are built for several instruction sets: the build that is taken stands here.

Where there is one build alone, Python finds that before this file.
"""

import sys

from softspots.installation import kernels

sys.modules[__name__] = kernels()
