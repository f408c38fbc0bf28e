"""Print the CloudFormation that SAM makes of a template, as JSON. Run by SAM's own Python, not by ours.

Linters see a SAM template as it is written; a circle between a function and what SAM makes for it is only there after.
"""

import json
import sys
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """SAM asks AWS for the ARNs of managed policies by name; our template writes its own statements."""

    def load(self) -> dict[str, str]:
        return {}


template = yaml_parse(Path(sys.argv[1]).read_text())
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/artefact"
    if resource["Type"] == "AWS::CloudFormation::Stack":
        resource["Properties"]["TemplateURL"] = "https://bucket.s3.amazonaws.com/child"
template["Globals"]["Function"].pop("CodeUri")
made = transform(template, {}, NoManagedPolicies())
made["Transform"] = "AWS::LanguageExtensions"  # SAM's own is done; this one stays, for the table's DeletionPolicy
json.dump(made, sys.stdout)
