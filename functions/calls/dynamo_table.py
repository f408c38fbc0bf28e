"""The client that calls use, and the table as `template.yaml` declares it, for engines on one machine."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from calls import aws_clients
from calls.dynamo_errors import unavailable
from calls.errors import ConfigurationInvalid

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient

NEWEST = "newest"
NUMBERS = "numbers"

# For a phone call: DynamoDB answers in milliseconds, and Twilio gives a webhook 15 s. Three tries of at most 1 s to
# connect and 1.5 s to be answered, with botocore's jittered pauses of up to 1 s and 2 s, end within about 8 s where
# the table is down, and within milliseconds of the first good answer where it is not.
CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 1.5
ATTEMPTS = 3
CONNECTIONS = 32


def configuration(read_timeout_s: float = READ_TIMEOUT_S) -> "Config":
    """Standard retries, short time-outs, as above; engines on a small machine may be given longer to answer."""
    from botocore.config import Config  # who asks without a client has no use for it

    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        parameter_validation=False,  # an eighth of what a request costs; DynamoDB checks, and so does mypy
        tcp_keepalive=True,
    )


def client(endpoint_url: str | None = None) -> "DynamoDBClient":
    """A DynamoDB client, as `aws_clients.client` makes them. ConfigurationInvalid where it cannot be made: AWS's own
    region is not set, or there are no credentials."""
    try:
        made: DynamoDBClient = aws_clients.client("dynamodb", endpoint_url, configuration())
    except BotoCoreError as error:
        raise unmade(error) from error
    return made


def unmade(error: BotoCoreError) -> ConfigurationInvalid:
    """What to raise, `from error`, where nobody can be made to ask the table."""
    if isinstance(error, NoRegionError):
        return ConfigurationInvalid("AWS_REGION is not set: the table's region is not known.")
    return ConfigurationInvalid(
        f"The table could not be asked ({type(error).__name__}). {aws_clients.what_to_do(error)}"
    )


def create_table(client: "DynamoDBClient", table: str) -> None:
    """Create the table as `template.yaml` declares it, and wait until it can be used; no change if it is there.
    StoreUnavailable where that cannot be done.

    On demand; keys `pk` and `sk`; time to live on `expiresAt`; a stream of new images; two indexes: `numbers`, the
    callIds of each other party, written once a call, for what is to be forgotten; and `newest`, all
    calls by callId (a ULID, so by time). That one has one partition, which DynamoDB lets take 1,000 write units a
    second: as every change of a record (1 to 2 KB) is written there too, that is some 50 new calls a second with ten
    changes each. A busier account needs the listing split by day before anything else in this table would be short.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
    """
    try:
        created = _created(client, table)
        client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        if created:
            client.update_time_to_live(
                TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
            )
    except (BotoCoreError, ClientError) as error:
        raise unavailable(error, table) from error


def _created(client: "DynamoDBClient", table: str) -> bool:
    """Ask for the table; False where it is there already."""
    try:
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "listing", "callId", "party")
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": NEWEST,
                    "KeySchema": [
                        {"AttributeName": "listing", "KeyType": "HASH"},
                        {"AttributeName": "callId", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
                {
                    "IndexName": NUMBERS,
                    "KeySchema": [
                        {"AttributeName": "party", "KeyType": "HASH"},
                        {"AttributeName": "callId", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                },
            ],
        )
    except client.exceptions.ResourceInUseException:
        return False
    return True
