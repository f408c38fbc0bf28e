"""Copy what `sam build` wrote to where `sam deploy` is run against ministack. Run by SAM's own Python, not by ours.

Left out is what ministack does not have: Application Auto Scaling. The functions, which are the same, become one file,
so that it is zipped once and not once a function.
"""

import json
import shutil
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

built, target = Path(sys.argv[1]), Path(sys.argv[2])
artefact = shutil.make_archive(str(target / "artefact"), "zip", built / "VoiceFunction")
root = yaml_parse((built / "template.yaml").read_text())
for name, resource in root["Resources"].items():
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::Serverless::Function":
        properties["CodeUri"] = artefact
    if resource["Type"] == "AWS::CloudFormation::Stack":
        child = yaml_parse((built / name / "template.yaml").read_text())
        for part in list(child["Resources"]):
            kind, inner = child["Resources"][part]["Type"], child["Resources"][part].get("Properties", {})
            if kind.startswith("AWS::ApplicationAutoScaling::"):
                del child["Resources"][part]
            if kind == "AWS::CloudWatch::Alarm":  # those that scale act on what was left out
                inner["AlarmActions"] = [one for one in inner["AlarmActions"] if one != {"Ref": "BurstPolicy"}]
            for path in {"Content", "Code"} & set(inner):
                inner[path] = str(built / name / inner[path])
        properties["TemplateURL"] = str(target / f"{name}.yaml")
        (target / f"{name}.yaml").write_text(json.dumps(child, default=str))
(target / "template.yaml").write_text(json.dumps(root, default=str))
