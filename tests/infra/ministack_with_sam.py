"""`python -m tests.infra.ministack_with_sam FOLDER`: ministack, with SAM's own translator from FOLDER.

ministack translates a SAM template where the translator can be imported. Ours and SAM's environments cannot be one, as
they pin boto3 differently; so the folder of SAM's packages comes last, and only what ours has not is taken from it.
"""

import sys

from ministack.app import main

if __name__ == "__main__":
    sys.path.append(sys.argv.pop())
    main()
