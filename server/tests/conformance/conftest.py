import sys
from pathlib import Path

# The harness is a plain module beside the tests; import mode importlib does not put it on the path.
sys.path.insert(0, str(Path(__file__).parent))
